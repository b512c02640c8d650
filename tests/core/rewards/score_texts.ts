/** Scoring plain texts: each word is a token, as if a tokenizer had split on spaces. */
import { type RewardConfig, type RewardInput, rewardSchema } from "../../../core/contract/reward_schema.ts";
import type { RewardSample } from "../../../core/rewards/reward_source.ts";
import { makeReward } from "../../../core/rewards/rewards.ts";

const STOP = 0;

/** A finished response whose body has one token for each word. */
export function sample(completion: string, given: Partial<RewardSample> = {}): RewardSample {
  const words = completion.split(" ").filter((word) => word !== "");
  const vocabulary = [...new Set(words)];
  const ids = words.map((word) => vocabulary.indexOf(word) + 1);
  const terminated = given.terminated ?? true;
  return {
    prompt_idx: 0,
    prompt: "prompt",
    completion,
    prompt_ids: Int32Array.of(1),
    response_ids: Int32Array.from(terminated ? [...ids, STOP] : ids),
    terminated,
    ...given,
  };
}

/** The reward a request would get. Asking for a reward model fails the test. */
export function reward(input: RewardInput) {
  const config: RewardConfig = rewardSchema.parse(input);
  return makeReward(config, {
    model: (name) => {
      throw new Error(`No reward model ${name} here`);
    },
  });
}

/** Scores of completions under a configured reward. */
export async function scores(input: RewardInput, completions: (string | RewardSample)[]): Promise<number[]> {
  const samples = completions.map((completion) =>
    typeof completion === "string" ? sample(completion) : completion
  );
  return [...(await (await reward(input)).score(samples)).scores];
}
