/** Rewards that are functions of the script, in place of any reward of a configuration. */
import type { AskReward } from "../rewards/asked_reward.ts";
import type { RewardItem } from "../contract/reward_question.ts";
import { type RewardConfig, type RewardInput, rewardSchema } from "../contract/reward_schema.ts";
import { UserError } from "../errors.ts";

/** Completions to be scored, with their prompts. */
export type RewardBatch = readonly RewardItem[];

/** Scores a batch, one number each, in its order. */
export type RewardFunction = (batch: RewardBatch) => readonly number[] | Promise<readonly number[]>;

/** A reward as a job has it, or a function; in `sum`, `clip` and `scale` too. */
export type RewardLike =
  | RewardFunction
  | RewardInput
  | { type: "sum"; terms: readonly { weight: number; reward: RewardLike; name?: string }[] }
  | { type: "clip"; reward: RewardLike; min?: number; max?: number }
  | { type: "scale"; reward: RewardLike; factor: number; offset?: number };

/** What stands for the function of this number in a configuration. */
const standIn = (index: number) => ({ type: "module", file: `function-${index}.ts` });

/** The configuration, and who answers for its functions. @throws {ZodError} for a reward that is none */
export function withFunctions(reward: RewardLike): { config: RewardConfig; ask: AskReward } {
  const functions: RewardFunction[] = [];
  const replaced = (value: unknown): unknown => {
    if (typeof value === "function") return standIn(functions.push(value as RewardFunction) - 1);
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner)]));
  };
  const config = rewardSchema.parse(replaced(reward));
  const ask: AskReward = async ({ at, items }) => {
    const node = at === "" ? config : at.split(".").reduce<unknown>(
      (value, key) => (value as Record<string, unknown>)[key],
      config,
    );
    const [, index] = /^function-(\d+)\.ts$/.exec((node as { file?: string }).file ?? "") ?? [];
    const score = functions[Number(index ?? NaN)];
    if (!score) {
      throw new UserError("reward_failed", "Expected a function or a reward that needs no server to ask it");
    }
    const scores = await score(items);
    if (scores.length !== items.length) {
      throw new UserError(
        "reward_failed",
        `Expected ${items.length} scores of the reward's function, got ${scores.length}`,
      );
    }
    const bad = scores.findIndex((score) => !Number.isFinite(score));
    if (bad >= 0) {
      const message = `Expected finite scores of the reward's function, got ${scores[bad]} for row ${bad}`;
      throw new UserError("reward_failed", message);
    }
    return { type: "scored", scores: [...scores], terms: {}, faults: [] };
  };
  return { config, ask };
}
