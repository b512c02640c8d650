/**
 * A learned reward: a sequence classifier reads prompt and response, stop token included. Where its tokenizer is
 * the policy's own, it gets the very ids; else the text is encoded anew with its own tokenizer.
 */
import type { RewardModel } from "../networks/reward_model.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";
import type { RewardSample, Scorer } from "./reward_source.ts";

/** @param tokenizer the classifier's own; null when it is the same as the policy's */
export function modelReward(model: RewardModel, tokenizer: TextTokenizer | null): Scorer {
  const idsOf = ({ prompt, completion, prompt_ids, response_ids, terminated }: RewardSample): number[] => {
    if (tokenizer === null) return [...prompt_ids, ...response_ids];
    const ids = tokenizer.encode(prompt + completion);
    if (terminated && tokenizer.eosTokenId !== null) ids.push(tokenizer.eosTokenId);
    return ids;
  };
  return { score: (samples, signal) => model.score(samples.map(idsOf), { signal }) };
}
