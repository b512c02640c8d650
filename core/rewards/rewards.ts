/** The table of reward kinds: how each configuration becomes a source. A kind without a maker does not compile. */
import { UserError } from "../errors.ts";
import { clipReward, type Inner, scaleReward, sumReward } from "./combined_rewards.ts";
import { exactMatchReward } from "./exact_match_reward.ts";
import { jsonValidReward } from "./json_valid_reward.ts";
import { keywordsReward } from "./keywords_reward.ts";
import { lengthReward } from "./length_reward.ts";
import { regexReward } from "./regex_reward.ts";
import { repetitionReward } from "./repetition_reward.ts";
import type { RewardConfig, RewardOf, RewardType } from "../contract/reward_schema.ts";
import { termNames } from "../contract/rewards/term_names.ts";
import { type RewardSource, type Scorer, sourceOf } from "./reward_source.ts";

/** What makers need from outside. */
export interface RewardContext {
  /** Loads the reward model of that name. */
  model(name: string): Scorer | Promise<Scorer>;
}

type Maker<Type extends RewardType, Made> = (
  config: RewardOf<Type>,
  context: RewardContext,
) => Made | Promise<Made>;

type CombinedType = "sum" | "clip" | "scale";

/** Rewards that are of one part. */
const MAKERS: { [Type in Exclude<RewardType, CombinedType>]: Maker<Type, Scorer> } = {
  length: lengthReward,
  keywords: keywordsReward,
  regex: regexReward,
  exact_match: exactMatchReward,
  json_valid: jsonValidReward,
  repetition: repetitionReward,
  model: (config, context) => context.model(config.model),
};

/** Those that are made of others. */
const COMBINERS: { [Type in CombinedType]: Maker<Type, RewardSource> } = {
  sum: async ({ terms }, context) => {
    const names = termNames(terms);
    const parts = [];
    for (const [at, { weight, reward }] of terms.entries()) {
      parts.push({ name: names[at]!, weight, ...await innerOf(reward, context) });
    }
    return sumReward(parts);
  },
  clip: async (config, context) => clipReward(await innerOf(config.reward, context), config),
  scale: async (config, context) => scaleReward(await innerOf(config.reward, context), config),
};

async function innerOf(reward: RewardConfig, context: RewardContext): Promise<Inner> {
  return { source: await makeReward(reward, context), isSum: hasTerms(reward) };
}

/** Whether it is a sum, or one that has been changed. */
function hasTerms(reward: RewardConfig): boolean {
  return reward.type === "sum" || ("reward" in reward && hasTerms(reward.reward));
}

async function make<Type extends RewardType>(
  type: Type,
  config: RewardOf<Type>,
  context: RewardContext,
): Promise<RewardSource> {
  if (type in COMBINERS) {
    return await (COMBINERS[type as CombinedType] as Maker<Type, RewardSource>)(config, context);
  }
  const maker = MAKERS[type as keyof typeof MAKERS] as Maker<Type, Scorer>;
  return sourceOf(type, await maker(config, context));
}

/**
 * The source of a configured reward, with all that is inside it loaded. It and every part of it refuse scores that
 * are not finite, so the error names the kind that is at fault.
 */
export async function makeReward(config: RewardConfig, context: RewardContext): Promise<RewardSource> {
  return finiteReward(await make(config.type, config, context), config.type);
}

function finiteReward(source: RewardSource, type: string): RewardSource {
  return {
    async score(samples, signal) {
      const batch = await source.score(samples, signal);
      const { scores } = batch;
      if (scores.length !== samples.length) {
        throw new UserError(
          "reward_failed",
          `The ${type} reward gave ${scores.length} scores for ${samples.length} completions`,
        );
      }
      const bad = scores.findIndex((score) => !Number.isFinite(score));
      if (bad >= 0) {
        throw new UserError(
          "reward_failed",
          `The ${type} reward gave ${
            scores[bad]
          } for completion ${bad} of the batch; scores must be finite numbers`,
        );
      }
      return batch;
    },
  };
}
