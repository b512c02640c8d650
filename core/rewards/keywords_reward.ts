/** Rewards each wanted word or phrase that a response contains. */
import { ruleReward, type Scorer } from "./reward_source.ts";
import type { RewardOf } from "../contract/reward_schema.ts";

/** bonus · number of different keywords that occur; a keyword said ten times counts once. */
export function keywordsReward(config: RewardOf<"keywords">): Scorer {
  const fold = config.case_sensitive ? (text: string) => text : (text: string) => text.toLowerCase();
  const keywords = [...new Set(config.keywords.map(fold))];
  return ruleReward(({ completion }) => {
    const text = fold(completion);
    return config.bonus * keywords.filter((keyword) => text.includes(keyword)).length;
  });
}
