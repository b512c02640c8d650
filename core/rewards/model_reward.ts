/**
 * A learned reward: a sequence classifier reads prompt and response, stop token included. Where its tokenizer is
 * the policy's own, it gets the very ids; else the text is encoded anew with its own tokenizer.
 */
import type { RewardModel } from "../networks/reward_model.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";
import type { RewardSample, Scorer } from "./reward_source.ts";

/** A classifier's way from text to ids, and the id that ends a response, if there is one. */
export interface OwnTokenizer {
  tokenizer: Pick<TextTokenizer, "encode">;
  end: number | null;
}

/** @param own the classifier's own tokenizer; null when it is the same as the policy's */
export function modelReward(model: Pick<RewardModel, "score">, own: OwnTokenizer | null): Scorer {
  const idsOf = ({ prompt, completion, prompt_ids, response_ids, terminated }: RewardSample): number[] => {
    if (own === null) return [...prompt_ids, ...response_ids];
    const ids = own.tokenizer.encode(prompt + completion);
    if (terminated && own.end !== null) ids.push(own.end);
    return ids;
  };
  return { score: (samples, signal) => model.score(samples.map(idsOf), { signal }) };
}
