/** A reward in units of its own spread: scores less the mean of all that a job has had, over their deviation. */
import { variance } from "../moments.ts";
import { EMPTY_STATS, mergeStats, type RunningStats } from "../running_stats.ts";
import type { RewardPart } from "./reward_part.ts";

/**
 * (score − mean) / deviation, by statistics that have this batch in them; as it is where no statistics are kept.
 *
 * @param at where it is in the whole
 */
export function normalizedReward(
  part: RewardPart,
  at: string,
  { clip }: { clip: number | null },
): RewardPart {
  const limit = clip ?? Infinity;
  return {
    async score(samples, signal, stats) {
      const scored = await part.score(samples, signal, stats);
      if (!stats || samples.length === 0) return scored;
      const seen = mergeStats(stats.before[at] ?? EMPTY_STATS, scored.scores);
      stats.after[at] = seen;
      const scale = scaleOf(seen);
      const scores = scored.scores.map((score) =>
        Math.min(limit, Math.max(-limit, (score - seen.mean) / scale))
      );
      return { ...scored, scores };
    },
  };
}

/** The deviation, or 1 where it is rounding noise: equal scores must not be blown up. */
function scaleOf(stats: RunningStats): number {
  const deviation = Math.sqrt(variance(stats, 1));
  return deviation > 1e-6 * Math.max(1, Math.abs(stats.mean)) ? deviation : 1;
}
