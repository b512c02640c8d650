/** Rewards the right answer and nothing else. */
import { invalid } from "../errors.ts";
import { ruleReward, type Scorer } from "./reward_source.ts";
import type { RewardOf } from "../contract/reward_schema.ts";

/** 1 if the completion equals the configured answer, or else the prompt's own; white space around both is ignored. */
export function exactMatchReward(config: RewardOf<"exact_match">): Scorer {
  const fold = (text: string) => config.case_sensitive ? text.trim() : text.trim().toLowerCase();
  return ruleReward((sample) => {
    const answer = config.answer ?? sample.answer;
    if (answer === undefined) {
      throw invalid(
        "reward.answer",
        "Expected an answer, of the exact_match reward or of every prompt, got none",
      );
    }
    return fold(sample.completion) === fold(answer) ? 1 : 0;
  });
}
