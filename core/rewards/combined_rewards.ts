/** Rewards made of rewards. Each takes finished sources, so it does not care what is inside. */
import type { RewardSource } from "./reward_source.ts";

/** Σ weight·score, added in double. One term after another: two models at once would only share the cores. */
export function sumReward(terms: readonly { weight: number; source: RewardSource }[]): RewardSource {
  return {
    async score(samples, signal) {
      const total = new Float64Array(samples.length);
      for (const { weight, source } of terms) {
        const scores = await source.score(samples, signal);
        scores.forEach((score, row) => total[row]! += weight * score);
      }
      return Float32Array.from(total);
    },
  };
}

function mapped(source: RewardSource, change: (score: number) => number): RewardSource {
  return { score: async (samples, signal) => (await source.score(samples, signal)).map(change) };
}

/** The score, kept within [min, max]. */
export function clipReward(source: RewardSource, { min, max }: { min: number; max: number }): RewardSource {
  return mapped(source, (score) => Math.min(max, Math.max(min, score)));
}

/** factor·score + offset. */
export function scaleReward(
  source: RewardSource,
  { factor, offset }: { factor: number; offset: number },
): RewardSource {
  return mapped(source, (score) => factor * score + offset);
}
