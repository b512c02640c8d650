/** Rewards a response that a program can read as JSON. */
import { ruleReward, type Scorer } from "./reward_source.ts";
import type { RewardOf } from "../contract/reward_schema.ts";

/** 1 if all of the completion is one JSON value and, where keys are asked for, an object that has them; else 0. */
export function jsonValidReward(config: RewardOf<"json_valid">): Scorer {
  return ruleReward(({ completion }) => {
    let value: unknown;
    try {
      value = JSON.parse(completion);
    } catch {
      return 0;
    }
    if (config.keys.length === 0) return 1;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return 0;
    return config.keys.every((key) => Object.hasOwn(value, key)) ? 1 : 0;
  });
}
