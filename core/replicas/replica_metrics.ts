/** What training together takes, as metrics of a step. */
import type { Replicas } from "./replicas.ts";

/** `replicas/sum_s`, `/gather_s`, `/wait_s` since they were last asked for; nothing of a process that trains alone. */
export function replicaMetrics(replicas: Replicas): Record<string, number> {
  if (replicas.size === 1) return {};
  const seconds = Object.entries(replicas.takeSeconds());
  return Object.fromEntries(seconds.map(([name, taken]) => [`replicas/${name}`, taken]));
}
