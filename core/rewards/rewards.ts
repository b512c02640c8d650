/** The table of reward kinds: how each configuration becomes a source. A kind without a maker does not compile. */
import { UserError } from "../errors.ts";
import { clipReward, scaleReward, sumReward } from "./combined_rewards.ts";
import { exactMatchReward } from "./exact_match_reward.ts";
import { jsonValidReward } from "./json_valid_reward.ts";
import { keywordsReward } from "./keywords_reward.ts";
import { lengthReward } from "./length_reward.ts";
import { regexReward } from "./regex_reward.ts";
import { repetitionReward } from "./repetition_reward.ts";
import type { RewardConfig, RewardOf, RewardType } from "../contract/reward_schema.ts";
import type { RewardSource } from "./reward_source.ts";

/** What makers need from outside. */
export interface RewardContext {
  /** Loads the reward model of that name. */
  model(name: string): RewardSource | Promise<RewardSource>;
}

type Maker<Type extends RewardType> = (
  config: RewardOf<Type>,
  context: RewardContext,
) => RewardSource | Promise<RewardSource>;

const MAKERS: { [Type in RewardType]: Maker<Type> } = {
  length: lengthReward,
  keywords: keywordsReward,
  regex: regexReward,
  exact_match: exactMatchReward,
  json_valid: jsonValidReward,
  repetition: repetitionReward,
  model: (config, context) => context.model(config.model),
  sum: async ({ terms }, context) => {
    const sources = [];
    for (const { weight, reward } of terms) {
      sources.push({ weight, source: await makeReward(reward, context) });
    }
    return sumReward(sources);
  },
  clip: async (config, context) => clipReward(await makeReward(config.reward, context), config),
  scale: async (config, context) => scaleReward(await makeReward(config.reward, context), config),
};

function make<Type extends RewardType>(type: Type, config: RewardOf<Type>, context: RewardContext) {
  return MAKERS[type](config, context);
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
      const scores = await source.score(samples, signal);
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
      return scores;
    },
  };
}
