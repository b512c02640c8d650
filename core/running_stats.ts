/** Moments of everything seen so far, merged batch by batch (Chan, Golub, LeVeque 1979). Plain data: it goes into checkpoints. */
import { type Moments, moments } from "./moments.ts";

export type RunningStats = Moments;

export const EMPTY_STATS: Readonly<RunningStats> = { count: 0, mean: 0, m2: 0 };

/** `stats` with the values merged in. */
export function mergeStats(stats: RunningStats, values: ArrayLike<number>): RunningStats {
  const batch = moments([values]);
  if (batch.count === 0) return stats;
  const count = stats.count + batch.count;
  const delta = batch.mean - stats.mean;
  return {
    count,
    mean: stats.mean + delta * batch.count / count,
    m2: stats.m2 + batch.m2 + delta * delta * stats.count * batch.count / count,
  };
}
