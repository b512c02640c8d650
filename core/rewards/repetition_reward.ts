/** Punishes a response for going in circles, counted in token n-grams, so it needs no notion of a word. */
import { bodyLength, ruleReward, type Scorer } from "./reward_source.ts";
import type { RewardOf } from "../contract/reward_schema.ts";

/** Share of the n-grams of `ids` that occurred before in it, 0 to just below 1; 0 if it is shorter than n. */
export function repeatedShare(ids: ArrayLike<number>, n: number): number {
  const total = ids.length - n + 1;
  if (total < 1) return 0;
  const list = Array.from(ids);
  const seen = new Set(Array.from({ length: total }, (_, start) => list.slice(start, start + n).join()));
  return 1 - seen.size / total;
}

/** −penalty · share of repeated n-grams, the stop token left out. */
export function repetitionReward(config: RewardOf<"repetition">): Scorer {
  return ruleReward((sample) => {
    const share = repeatedShare(sample.response_ids.subarray(0, bodyLength(sample)), config.ngram);
    return share === 0 ? 0 : -config.penalty * share;
  });
}
