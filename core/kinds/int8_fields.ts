/** The fields of a job that say how matrices are held and multiplied, and which of them ask for int8. */
import type { PpoJobConfig } from "../contract/ppo_job.ts";

const FIELDS = ["base_precision", "rollout_precision"] as const;

/** Null is the device's own precision; a kind that samples nothing has no `rollout_precision`. */
export type Precisions =
  & Pick<PpoJobConfig, "base_precision">
  & Partial<Pick<PpoJobConfig, "rollout_precision">>;

/** The fields of `job` that ask for int8, in the order that a request has them. */
export function int8Fields(job: Precisions): (typeof FIELDS)[number][] {
  return FIELDS.filter((field) => job[field] === "int8");
}
