/** Which of a job's checkpoints stay: a decision over rows, made whenever one was added. */
import type { KeepConfig } from "../contract/job.ts";
import type { bestBy } from "../contract/watched_metric.ts";
import type { CheckpointRow } from "../db/schema.ts";

/** What a job says of the checkpoints that stay; null for all, and for kinds that do not say. */
export function keepOf(config: { kind: string; keep?: KeepConfig | null }): KeepConfig | null {
  return config.keep ?? null;
}

/** How many checkpoints of a job hold what it resumes from: the newest may turn out damaged. */
export const RESUMABLE_KEPT = 2;

type Candidate = Pick<CheckpointRow, "id" | "step" | "metrics" | "resumable" | "files">;

/**
 * What becomes of a job's checkpoints, given in the order of their steps.
 *
 * @param keep null keeps all that are for anybody; those without files stay while the job may resume from them
 * @param by what says which is the best; null where nothing does
 * @param needed ids that stay whatever `keep` says
 */
export function retention<T extends Candidate>(
  rows: readonly T[],
  { keep, best: by }: { keep: KeepConfig | null; best: ReturnType<typeof bestBy> },
  needed: { has(id: string): boolean },
): { dropped: T[]; stateless: T[]; best: T | undefined } {
  const resumable = rows.filter((row) => row.resumable).slice(-RESUMABLE_KEPT);
  const whole = rows.filter(({ files }) => files.length > 0);
  const best = by === null ? undefined : bestOf(whole, by);
  const kept = new Set([...resumable, ...(keep ? [...whole.slice(-keep.last), best] : whole)]);
  const dropped = rows.filter((row) => !kept.has(row) && !needed.has(row.id));
  const stateless = rows.filter((row) => row.resumable && !resumable.includes(row) && !dropped.includes(row));
  return { dropped, stateless, best };
}

/** Of equal ones the latest. */
function bestOf<T extends Candidate>(
  rows: readonly T[],
  { metric, mode }: NonNullable<ReturnType<typeof bestBy>>,
): T | undefined {
  const sign = mode === "min" ? -1 : 1;
  let found: T | undefined;
  for (const row of rows) {
    const value = row.metrics[metric];
    if (typeof value !== "number") continue;
    if (!found || sign * value >= sign * (found.metrics[metric] as number)) found = row;
  }
  return found;
}
