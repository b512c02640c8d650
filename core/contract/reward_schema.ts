/**
 * What a reward is made of, as the user writes it: rules, a reward model, and combinators around them. A kind is a file
 * of `rewards/` and a line here; how it is computed is a line of `core/rewards/rewards.ts`, without which it does not
 * compile.
 */
import { z } from "zod";
import { component } from "./component.ts";
import { classifier } from "./rewards/classifier.ts";
import { clip, normalize, scale, sum } from "./rewards/combined.ts";
import { exactMatch } from "./rewards/exact_match.ts";
import { grader } from "./rewards/grader.ts";
import { http } from "./rewards/http.ts";
import { jsonValid } from "./rewards/json_valid.ts";
import { keywords } from "./rewards/keywords.ts";
import { length } from "./rewards/length.ts";
import { model } from "./rewards/model.ts";
import { regex } from "./rewards/regex.ts";
import { module } from "./rewards/module.ts";
import { repetition } from "./rewards/repetition.ts";
import type { RewardKind } from "./rewards/reward_kind.ts";

/** How deep combinators may nest, and how many rewards one configuration may hold. */
export const MAX_REWARD_DEPTH = 8;
export const MAX_REWARD_NODES = 64;

declare const nested: unique symbol;

/** Stands for a reward inside another, until all kinds are known. */
interface Nested {
  [nested]: true;
}

const inner: z.ZodType<Nested, Nested> = z.lazy(() => union as unknown as z.ZodType<Nested, Nested>);

const KINDS = {
  length,
  keywords,
  regex,
  exact_match: exactMatch,
  json_valid: jsonValid,
  repetition,
  model,
  classifier,
  http,
  module,
  grader,
  sum: sum(inner),
  clip: clip(inner),
  normalize: normalize(inner),
  scale: scale(inner),
};

export type RewardType = keyof typeof KINDS;

export const REWARD_TYPES = Object.keys(KINDS) as RewardType[];

type SchemaOf<Type extends RewardType> = (typeof KINDS)[Type]["schema"];

/** What stands for a reward inside another is replaced by rewards of all kinds. */
type Filled<Value, Side extends keyof AnyReward> = { [Key in keyof Value]: FilledField<Value[Key], Side> };
type FilledField<Value, Side extends keyof AnyReward> = Value extends Nested ? AnyReward[Side]
  : Value extends (infer Item extends object)[] ? Filled<Item, Side>[]
  : Value;
interface AnyReward {
  input: RewardInput;
  output: RewardConfig;
}

/** A kind of reward with all its defaults filled in. */
export type RewardConfig = { [Type in RewardType]: RewardOf<Type> }[RewardType];

/** The configuration of one kind. */
export type RewardOf<Type extends RewardType> = Filled<z.output<SchemaOf<Type>>, "output">;

/** A reward as a request may give it. */
export type RewardInput = { [Type in RewardType]: Filled<z.input<SchemaOf<Type>>, "input"> }[RewardType];

const kinds: Record<string, RewardKind> = KINDS;

/** `exact_match` is an ExactMatchReward. */
function componentName(type: string): string {
  return type.replaceAll(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase()) + "Reward";
}

const schemas = Object.entries(kinds).map(([type, { schema }]) =>
  schema.meta(component(componentName(type)))
) as unknown as { [Type in RewardType]: SchemaOf<Type> }[RewardType][];

const union = z.discriminatedUnion("type", schemas as [(typeof schemas)[0], ...typeof schemas], {
  error: (issue) => issue.code === "invalid_union" ? `Expected one of ${REWARD_TYPES.join(", ")}` : undefined,
}).meta({ ...component("Reward"), description: "Where a completion's score comes from" });

/** What is inside a value of some kind, which may not be validated yet; nothing is inside what has no kind. */
function innerOf(node: unknown): unknown[] {
  const { type } = Object(node) as { type?: unknown };
  const path = typeof type === "string" && Object.hasOwn(kinds, type) ? kinds[type]!.inner : undefined;
  if (!path) return [];
  return path.reduce<unknown[]>(
    (values, key) => values.flatMap((value) => Object(value)[key] ?? []),
    [node],
  );
}

/** Bounds depth and size before the recursive schema runs: a deep request must not exhaust the stack. */
function bound(value: unknown, context: z.RefinementCtx): unknown {
  let level = [value], nodes = 0;
  for (let depth = 1; level.length > 0; depth++) {
    nodes += level.length;
    if (depth > MAX_REWARD_DEPTH || nodes > MAX_REWARD_NODES) {
      context.addIssue({
        code: "custom",
        message: `Rewards may nest ${MAX_REWARD_DEPTH} deep and number ${MAX_REWARD_NODES} in all`,
      });
      return z.NEVER;
    }
    level = level.flatMap(innerOf);
  }
  return value;
}

/** Validates a reward of any kind, with defaults filled in and nesting bounded. */
export const rewardSchema = z.preprocess(bound, union) as unknown as z.ZodType<RewardConfig, RewardInput>;

/** A reward and all those inside it, outermost first. */
export function rewardNodes(reward: RewardConfig): RewardConfig[] {
  return [reward, ...(innerOf(reward) as RewardConfig[]).flatMap(rewardNodes)];
}

/** Names of the reward models a reward needs, each once. */
export function rewardModels(reward: RewardConfig): string[] {
  return [...new Set(rewardNodes(reward).flatMap((node) => kinds[node.type]!.models?.(node) ?? []))];
}

/** Names of the ready classifiers that a reward needs, each once. */
export function rewardClassifiers(reward: RewardConfig): string[] {
  return [...new Set(rewardNodes(reward).flatMap((node) => kinds[node.type]!.classifiers?.(node) ?? []))];
}

/** Names of the models that its graders ask, each once: of this server or of a judge. */
export function rewardGraders(reward: RewardConfig): string[] {
  return [...new Set(rewardNodes(reward).flatMap((node) => kinds[node.type]!.graders?.(node) ?? []))];
}

/** Whether a reward reads rows: those of a dataset are then whole items. */
export function readsItems(reward: RewardConfig): boolean {
  return rewardNodes(reward).some(({ type }) => type === "grader");
}

/** Whether a reward compares with an answer that each prompt must have. */
export function needsAnswers(reward: RewardConfig): boolean {
  return rewardNodes(reward).some((node) => kinds[node.type]!.needsAnswers?.(node));
}
