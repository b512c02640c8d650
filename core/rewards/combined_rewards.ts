/** Rewards made of rewards. Each takes finished parts, so it does not care what is inside. */
import { type Column, named, type RewardPart } from "./reward_part.ts";

/** A part of a sum; its name is no other part's. */
interface Term {
  name: string;
  weight: number;
  part: RewardPart;
}

/** Σ weight·score, added in double. One term after another: two models at once would only share the cores. */
export function sumReward(terms: readonly Term[]): RewardPart {
  return {
    async score(samples, signal, stats) {
      const total = new Float64Array(samples.length);
      const columns: [string, Column][] = [];
      for (const { name, weight, part } of terms) {
        const begin = performance.now();
        const scored = await part.score(samples, signal, stats);
        scored.scores.forEach((score, row) => total[row]! += weight * score);
        columns.push(...named(name, scored, (performance.now() - begin) / 1000));
      }
      return { scores: Float32Array.from(total), faults: null, parts: Object.fromEntries(columns) };
    },
  };
}

/** A part whose scores are changed one by one; what it is made of stays what it is. */
function mapped(part: RewardPart, change: (score: number) => number): RewardPart {
  return {
    async score(samples, signal, stats) {
      const scored = await part.score(samples, signal, stats);
      return { ...scored, scores: scored.scores.map(change) };
    },
  };
}

/** The score, kept within [min, max]. */
export function clipReward(part: RewardPart, { min, max }: { min: number; max: number }): RewardPart {
  return mapped(part, (score) => Math.min(max, Math.max(min, score)));
}

/** factor·score + offset. */
export function scaleReward(
  part: RewardPart,
  { factor, offset }: { factor: number; offset: number },
): RewardPart {
  return mapped(part, (score) => factor * score + offset);
}
