/** Which of a job's checkpoints stay: a decision over rows, made whenever one was added. */
import type { KeepConfig } from "../contract/job.ts";
import type { CheckpointRow } from "../db/schema.ts";

/** How many checkpoints of a job hold what it resumes from: the newest may turn out damaged. */
export const RESUMABLE_KEPT = 2;

type Candidate = Pick<CheckpointRow, "id" | "step" | "metrics" | "resumable">;

/** Metrics by their names' ends of which less is better. */
const LESS_IS_BETTER = /(loss|perplexity|kl|kl_div)$/;

/**
 * What becomes of a job's checkpoints, given in the order of their steps.
 *
 * @param keep null keeps all
 * @param needed ids that stay whatever `keep` says
 */
export function retention<T extends Candidate>(
  rows: readonly T[],
  keep: KeepConfig | null,
  needed: { has(id: string): boolean },
): { dropped: T[]; stateless: T[] } {
  const resumable = rows.filter((row) => row.resumable).slice(-RESUMABLE_KEPT);
  const kept = new Set(keep ? [...rows.slice(-keep.last), ...resumable, best(rows, keep.best_by)] : rows);
  const dropped = rows.filter((row) => !kept.has(row) && !needed.has(row.id));
  const stateless = rows.filter((row) => row.resumable && !resumable.includes(row) && !dropped.includes(row));
  return { dropped, stateless };
}

/** Of equal ones the latest. */
function best<T extends Candidate>(rows: readonly T[], metric: string | null): T | undefined {
  if (metric === null) return undefined;
  const sign = LESS_IS_BETTER.test(metric) ? -1 : 1;
  let found: T | undefined;
  for (const row of rows) {
    const value = row.metrics[metric];
    if (typeof value !== "number") continue;
    if (!found || sign * value >= sign * (found.metrics[metric] as number)) found = row;
  }
  return found;
}
