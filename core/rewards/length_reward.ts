/** Rewards a response for being as long as wanted. */
import { bodyLength, type RewardSample, ruleReward, type Scorer } from "./reward_source.ts";
import type { RewardOf } from "../contract/reward_schema.ts";

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

const UNITS = {
  tokens: bodyLength,
  words: (sample: RewardSample): number => sample.completion.match(/\S+/g)?.length ?? 0,
  characters: (sample: RewardSample): number => countCodePoints(sample.completion),
} as const;

/**
 * 1 − penalty·distance/bound, where bound is the target or the end of the range that is missed, and distance how
 * far it is missed by. Relative, so that one penalty suits a target of 20 and of 2,000.
 */
export function lengthReward(config: RewardOf<"length">): Scorer {
  const shortest = config.target ?? config.min ?? 0;
  const longest = config.target ?? config.max ?? Infinity;
  const measure = UNITS[config.unit];
  return ruleReward((sample) => {
    const length = measure(sample);
    const bound = length < shortest ? shortest : length > longest ? longest : null;
    return bound === null ? 1 : 1 - config.penalty * Math.abs(length - bound) / Math.max(1, bound);
  });
}
