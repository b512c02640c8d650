/** The table of reward kinds: how each configuration becomes a source. A kind without a maker does not compile. */
import type { RewardConfig, RewardOf, RewardType } from "../contract/reward_schema.ts";
import type { ModelFolders } from "../contract/protocol.ts";
import { placeIn, rewardPlaces } from "../contract/reward_secrets.ts";
import { termNames, typeName } from "../contract/rewards/term_names.ts";
import { UserError } from "../errors.ts";
import { ALONE, type Replicas } from "../replicas/replicas.ts";
import { askedReward, type AskReward } from "./asked_reward.ts";
import { clipReward, scaleReward, sumReward } from "./combined_rewards.ts";
import { exactMatchReward } from "./exact_match_reward.ts";
import { graderReward } from "./grader_reward.ts";
import { jsonValidReward } from "./json_valid_reward.ts";
import { keywordsReward } from "./keywords_reward.ts";
import { lengthReward } from "./length_reward.ts";
import { normalizedReward } from "./normalized_reward.ts";
import { regexReward } from "./regex_reward.ts";
import { repetitionReward } from "./repetition_reward.ts";
import { firstsPart, sharedScorer } from "./replicated_part.ts";
import { plainPart, type RewardPart, wholeReward } from "./reward_part.ts";
import type { RewardBeginning, RewardSource, Scorer } from "./reward_source.ts";
import type { EarlyPart } from "./row_by_row.ts";

/** What makers need from outside. */
export interface RewardContext {
  /** Loads the reward model of that name. */
  model(name: string): Scorer | Promise<Scorer>;
  /** Loads the ready classifier that a reward names. */
  classifier?(config: RewardOf<"classifier">): Scorer | Promise<Scorer>;
  /** Loads the reward model of that name to read texts by its own tokenizer. */
  textModel?(name: string): Promise<Scorer>;
  /** The folders of this server's models; a score_model grader's is another's where it is none of these. */
  folders?: Pick<ModelFolders, "classifiers" | "rewards">;
  /** Asks for scores that are worked out elsewhere; rewards that need it fail without it. */
  ask?: AskReward;
  /** Those that train together and all need all scores. */
  replicas?: Replicas;
  /** Takes the parts that can begin with rows of a batch that is not whole. */
  early?: (part: EarlyPart) => void;
}

/** @param at where the reward is in the whole, as keys with dots between */
type Maker<Type extends RewardType, Made> = (
  config: RewardOf<Type>,
  context: RewardContext,
  at: string,
) => Made | Promise<Made>;

/** Kinds that only score. */
const SCORERS = {
  length: lengthReward,
  keywords: keywordsReward,
  regex: regexReward,
  exact_match: exactMatchReward,
  json_valid: jsonValidReward,
  repetition: repetitionReward,
  model: (config, context) => context.model(config.model),
  classifier: (config, { classifier }) => {
    if (classifier) return classifier(config);
    throw new UserError("reward_failed", "There are no classifiers here");
  },
} satisfies { [Type in RewardType]?: Maker<Type, Scorer> };

type ScorerType = keyof typeof SCORERS;

/** A module is asked for as much as it may be told at once. */
const MODULE_BATCHES = { batch_size: 1024, concurrency: 1 } as const;

/** All others: made of rewards, or saying more than a score. */
const MAKERS: { [Type in Exclude<RewardType, ScorerType>]: Maker<Type, RewardPart> } = {
  http: (config, context, at) => asked(askedReward("http", at, config, context.ask), context),
  module: ({ on_error }, context, at) =>
    asked(askedReward("module", at, { ...MODULE_BATCHES, on_error }, context.ask), context),
  grader: async (config, context, at) => asked(await graderReward(config, context, at), context),
  sum: async ({ terms }, context, at) => {
    const names = termNames(terms);
    const parts = [];
    for (const [index, { weight, reward }] of terms.entries()) {
      const part = await makePart(reward, context, placeIn(at, `terms.${index}.reward`));
      parts.push({ name: names[index]!, weight, part });
    }
    return sumReward(parts);
  },
  clip: async (config, context, at) => clipReward(await innerOf(config, context, at), config),
  scale: async (config, context, at) => scaleReward(await innerOf(config, context, at), config),
  normalize: async (config, context, at) => normalizedReward(await innerOf(config, context, at), at, config),
};

/** Kinds that others may work out. */
const ASKED: ReadonlySet<RewardType> = new Set<RewardType>(["http", "module", "grader"]);

/** A part that others work out; where several processes train, it waits for the rows of all. */
function asked(part: RewardPart | EarlyPart, { early, replicas = ALONE }: RewardContext): RewardPart {
  if ("begin" in part && replicas.size === 1) early?.(part);
  return firstsPart(part, replicas);
}

function innerOf({ reward }: { reward: RewardConfig }, context: RewardContext, at: string) {
  return makePart(reward, context, placeIn(at, "reward"));
}

/** Whether it is known by its terms: a sum, or one that has been changed. */
function isSum(reward: RewardConfig): boolean {
  return reward.type === "sum" || ("reward" in reward && isSum(reward.reward));
}

async function makePart(config: RewardConfig, context: RewardContext, at: string): Promise<RewardPart> {
  const { type } = config;
  const made = type in SCORERS
    ? plainPart(sharedScorer(
      await (SCORERS[type as ScorerType] as Maker<RewardType, Scorer>)(config, context, at),
      context.replicas,
    ))
    : await (MAKERS[type as keyof typeof MAKERS] as Maker<RewardType, RewardPart>)(config, context, at);
  return finiteReward(made, type);
}

/**
 * The source of a configured reward, with all that is inside it loaded. It and every part of it refuse scores that
 * are not finite, so the error names the kind that is at fault.
 */
export async function makeReward(config: RewardConfig, context: RewardContext): Promise<RewardSource> {
  const parts: EarlyPart[] = [];
  const part = await makePart(config, { ...context, early: (part) => parts.push(part) }, "");
  const source = wholeReward(isSum(config) ? null : typeName(config), part);
  if (parts.length === 0) return source;
  const types = rewardPlaces(config).map(([, { type }]) => type);
  const computes = types.some((type) => type === "model" || type === "classifier") ||
    types.filter((type) => ASKED.has(type)).length > parts.length;
  return { ...source, waits: !computes, begin: (rows, signal) => beginAll(parts, rows, signal) };
}

function beginAll(parts: readonly EarlyPart[], rows: number, signal?: AbortSignal): RewardBeginning {
  const begun = new DisposableStack();
  const each = parts.map((part) => begun.use(part.begin(rows, signal)));
  return {
    add: (row, sample) => each.forEach((one) => one.add(row, sample)),
    [Symbol.dispose]: () => begun.dispose(),
  };
}

function finiteReward(part: RewardPart, type: string): RewardPart {
  return {
    async score(samples, signal, stats) {
      const scored = await part.score(samples, signal, stats);
      const { scores } = scored;
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
      return scored;
    },
  };
}
