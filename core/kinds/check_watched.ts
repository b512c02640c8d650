/** Checks that the metrics which decide something in a job are metrics that it has. */
import type { Watching } from "../contract/watched_metric.ts";
import { invalid } from "../errors.ts";

/** Names of metrics that are known before a job runs, and beginnings of those of which a reward may give any number. */
export interface MetricNames {
  names: readonly string[];
  open: readonly string[];
}

/**
 * @param has of the job's epochs and evaluations, without what clock and machine decide: equal jobs keep the same checkpoints
 * @throws {UserError} naming the field, and the metrics that there are
 */
export function checkWatched({ keep, early_stop }: Watching, has: MetricNames): void {
  const fields = { "keep.best_by": keep?.best_by, "early_stop.metric": early_stop?.metric };
  for (const [path, name] of Object.entries(fields)) {
    if (name == null || has.names.includes(name) || has.open.some((start) => name.startsWith(start))) {
      continue;
    }
    throw invalid(
      path,
      `Expected a metric of the job's epochs or evaluations, among ${
        has.names.toSorted().join(", ")
      }: it has no '${name}'`,
    );
  }
}
