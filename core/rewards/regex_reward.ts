/** Rewards a match of a user's regular expression. */
import { compilePattern } from "../regex_pattern.ts";
import { ruleReward, type Scorer } from "./reward_source.ts";
import type { RewardOf } from "../contract/reward_schema.ts";

/** 1 if the pattern is found anywhere in the completion, else 0. */
export function regexReward(config: RewardOf<"regex">): Scorer {
  const pattern = compilePattern(config.pattern, config.flags);
  return ruleReward(({ completion }) => pattern.found(completion) ? 1 : 0);
}
