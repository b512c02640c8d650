/** Which of a job's checkpoints stay: a decision over rows, made whenever one was added. */
import type { KeepConfig } from "../contract/job.ts";
import type { CheckpointRow } from "../db/schema.ts";

/** What a job says of the checkpoints that stay; null for all, and for kinds that do not say. */
export function keepOf(config: { kind: string; keep?: KeepConfig | null }): KeepConfig | null {
  return config.keep ?? null;
}

/** How many checkpoints of a job hold what it resumes from: the newest may turn out damaged. */
export const RESUMABLE_KEPT = 2;

type Candidate = Pick<CheckpointRow, "id" | "step" | "metrics" | "resumable" | "files">;

/** Metrics by their names' ends of which less is better. */
const LESS_IS_BETTER = /(loss|perplexity|kl|kl_div|calibration_error|brier)$/;

/**
 * What becomes of a job's checkpoints, given in the order of their steps.
 *
 * @param keep null keeps all that are for anybody; those without files stay while the job may resume from them
 * @param needed ids that stay whatever `keep` says
 */
export function retention<T extends Candidate>(
  rows: readonly T[],
  keep: KeepConfig | null,
  needed: { has(id: string): boolean },
): { dropped: T[]; stateless: T[] } {
  const resumable = rows.filter((row) => row.resumable).slice(-RESUMABLE_KEPT);
  const whole = rows.filter(({ files }) => files.length > 0);
  const kept = new Set([
    ...resumable,
    ...(keep ? [...whole.slice(-keep.last), best(whole, keep.best_by)] : whole),
  ]);
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
