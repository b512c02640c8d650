/** Rewards made of rewards. Each takes finished sources, so it does not care what is inside. */
import type { RewardSource } from "./reward_source.ts";

/** A part of a sum; its name is no other part's. */
interface Term {
  name: string;
  weight: number;
  source: RewardSource;
  /** Whether it is a sum itself, or has one inside: its own terms are told, too. */
  isSum: boolean;
}

/**
 * Σ weight·score, added in double. One term after another: two models at once would only share the cores. The terms of a
 * sum inside are called by its name and theirs, with a dot between.
 */
export function sumReward(parts: readonly Term[]): RewardSource {
  return {
    async score(samples, signal) {
      const total = new Float64Array(samples.length);
      const terms: Record<string, Float32Array> = {};
      const seconds: Record<string, number> = {};
      for (const { name, weight, source, isSum } of parts) {
        const begin = performance.now();
        const part = await source.score(samples, signal);
        part.scores.forEach((score, row) => total[row]! += weight * score);
        terms[name] = part.scores;
        seconds[name] = (performance.now() - begin) / 1000;
        if (!isSum) continue;
        for (const [inner, column] of Object.entries(part.terms)) {
          terms[`${name}.${inner}`] = column;
          seconds[`${name}.${inner}`] = part.seconds[inner]!;
        }
      }
      return { scores: Float32Array.from(total), terms, seconds };
    },
  };
}

/** A source whose scores are changed one by one. A sum's terms stay what they are; any other's only term is its score. */
function mapped({ source, isSum }: Inner, change: (score: number) => number): RewardSource {
  return {
    async score(samples, signal) {
      const { scores, terms, seconds } = await source.score(samples, signal);
      const changed = scores.map(change);
      return {
        scores: changed,
        terms: isSum ? terms : Object.fromEntries(Object.keys(terms).map((name) => [name, changed])),
        seconds,
      };
    },
  };
}

/** What a combinator is around. */
export type Inner = Pick<Term, "source" | "isSum">;

/** The score, kept within [min, max]. */
export function clipReward(inner: Inner, { min, max }: { min: number; max: number }): RewardSource {
  return mapped(inner, (score) => Math.min(max, Math.max(min, score)));
}

/** factor·score + offset. */
export function scaleReward(
  inner: Inner,
  { factor, offset }: { factor: number; offset: number },
): RewardSource {
  return mapped(inner, (score) => factor * score + offset);
}
