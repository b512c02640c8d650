/**
 * What a reward is made of, as the user writes it: rules, a reward model, and combinators around them.
 * Each kind's meaning is said here once; how it is computed is in the file of the same name.
 */
import { z } from "zod";
import { compilePattern } from "../regex_pattern.ts";

/** A kind of reward with all its defaults filled in. */
export type RewardConfig =
  | {
    type: "length";
    unit: "tokens" | "words" | "characters";
    target?: number;
    min?: number;
    max?: number;
    penalty: number;
  }
  | { type: "keywords"; keywords: string[]; bonus: number; case_sensitive: boolean }
  | { type: "regex"; pattern: string; flags: string }
  | { type: "exact_match"; answer?: string; case_sensitive: boolean }
  | { type: "json_valid"; keys: string[] }
  | { type: "repetition"; ngram: number; penalty: number }
  | { type: "model"; model: string }
  | { type: "sum"; terms: { weight: number; reward: RewardConfig }[] }
  | { type: "clip"; reward: RewardConfig; min: number; max: number }
  | { type: "scale"; reward: RewardConfig; factor: number; offset: number };

/** The configuration of one kind. */
export type RewardOf<T extends RewardConfig["type"]> = Extract<RewardConfig, { type: T }>;

/** A reward as a request may give it. */
export type RewardInput =
  | {
    type: "length";
    unit?: "tokens" | "words" | "characters";
    target?: number;
    min?: number;
    max?: number;
    penalty?: number;
  }
  | { type: "keywords"; keywords: string[]; bonus?: number; case_sensitive?: boolean }
  | { type: "regex"; pattern: string; flags?: string }
  | { type: "exact_match"; answer?: string; case_sensitive?: boolean }
  | { type: "json_valid"; keys?: string[] }
  | { type: "repetition"; ngram?: number; penalty?: number }
  | { type: "model"; model: string }
  | { type: "sum"; terms: { weight?: number; reward: RewardInput }[] }
  | { type: "clip"; reward: RewardInput; min: number; max: number }
  | { type: "scale"; reward: RewardInput; factor?: number; offset?: number };

/** How deep combinators may nest, and how many rewards one configuration may hold. */
export const MAX_REWARD_DEPTH = 8;
export const MAX_REWARD_NODES = 64;

const bounded = z.number().min(-1e6).max(1e6);
const count = z.int().min(0).max(1_000_000);

const length = z.strictObject({
  type: z.literal("length"),
  unit: z.enum(["tokens", "words", "characters"]).default("tokens").describe(
    "What is counted. tokens: the response's tokens without its stop token; words: runs of non-space; characters: code points.",
  ),
  target: count.min(1).optional().describe("Best length. Give either this, or min, max or both."),
  min: count.optional().describe("Shortest length that loses nothing."),
  max: count.min(1).optional().describe("Longest length that loses nothing."),
  penalty: z.number().min(0).max(1000).default(1).describe(
    "Score lost when the length is off by 100 % of the target (of the nearer bound of a range). Default 1: 1 at the target, 0 at twice the target or at nothing; not clipped below.",
  ),
}).superRefine((reward, context) => {
  const fail = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  const range = reward.min !== undefined || reward.max !== undefined;
  if (reward.target === undefined && !range) fail("target", "Give a target, or min, max or both");
  if (reward.target !== undefined && range) fail("target", "Give either target or min and max, not both");
  if (reward.min !== undefined && reward.max !== undefined && reward.min > reward.max) {
    fail("min", `min ${reward.min} is above max ${reward.max}`);
  }
}).describe("1 at the wanted length, less the farther away");

const keywords = z.strictObject({
  type: z.literal("keywords"),
  keywords: z.array(z.string().min(1).max(200)).min(1).max(1000).describe(
    "Texts to look for anywhere in the completion, inside words too (for whole words use a regex with \\b).",
  ),
  bonus: bounded.default(1).describe(
    "Score for each keyword present, however often; negative to discourage. Default 1.",
  ),
  case_sensitive: z.boolean().default(false),
}).describe("bonus times the number of keywords that occur");

const regex = z.strictObject({
  type: z.literal("regex"),
  pattern: z.string().min(1).max(1000).describe(
    "Regular expression in RE2 syntax (no backreferences, no lookahead), searched anywhere in the completion. It cannot run away.",
  ),
  flags: z.string().regex(/^[ims]*$/, "Only the flags i, m and s are allowed").max(3).default("").describe(
    "i: ignore case; m: ^ and $ match at lines; s: the dot matches line breaks. Default none.",
  ),
}).superRefine((reward, context) => {
  try {
    compilePattern(reward.pattern, reward.flags);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    context.addIssue({ code: "custom", path: ["pattern"], message: error.message });
  }
}).describe("1 if the pattern is found, else 0");

const exactMatch = z.strictObject({
  type: z.literal("exact_match"),
  answer: z.string().min(1).max(100_000).optional().describe(
    "The right completion for every prompt. Without it each prompt must have its own answer.",
  ),
  case_sensitive: z.boolean().default(true),
}).describe("1 if the completion is the answer, else 0; surrounding white space does not count");

const jsonValid = z.strictObject({
  type: z.literal("json_valid"),
  keys: z.array(z.string().min(1).max(200)).max(100).default([]).describe(
    "Keys the value must have; any makes an object required. Default none: any JSON value is right.",
  ),
}).describe("1 if the whole completion is JSON (with the keys), else 0");

const repetition = z.strictObject({
  type: z.literal("repetition"),
  ngram: z.int().min(1).max(32).default(3).describe(
    "Length of the token runs that are compared, in tokens. Default 3.",
  ),
  penalty: z.number().min(0).max(1000).default(1).describe(
    "Score lost when every run repeats an earlier one. Default 1.",
  ),
}).describe("minus penalty times the share of the response's n-grams that occurred before in it");

const model = z.strictObject({
  type: z.literal("model"),
  model: z.string().min(1).max(200).describe("A sequence classifier with one score, by name; any tokenizer."),
}).describe("The score of a reward model");

const nested: z.ZodType<RewardConfig, RewardInput> = z.lazy(() => union);

const sum = z.strictObject({
  type: z.literal("sum"),
  terms: z.array(z.strictObject({ weight: bounded.default(1), reward: nested })).min(1).max(32),
}).describe("Weighted sum of rewards");

const clip = z.strictObject({ type: z.literal("clip"), reward: nested, min: bounded, max: bounded })
  .refine((reward) => reward.min < reward.max, { path: ["min"], message: "min must be below max" })
  .describe("A reward kept within [min, max]");

const scale = z.strictObject({
  type: z.literal("scale"),
  reward: nested,
  factor: bounded.default(1),
  offset: bounded.default(0),
}).describe("factor times a reward, plus offset");

const union: z.ZodType<RewardConfig, RewardInput> = z.discriminatedUnion(
  "type",
  [length, keywords, regex, exactMatch, jsonValid, repetition, model, sum, clip, scale],
  {
    error: (issue) =>
      issue.code === "invalid_union"
        ? "Expected one of length, keywords, regex, exact_match, json_valid, repetition, model, sum, clip, scale"
        : undefined,
  },
).meta({ id: "Reward", description: "Where a completion's score comes from" });

/** Children of anything shaped like a combinator; the value is not validated yet. */
function children(node: unknown): unknown[] {
  if (typeof node !== "object" || node === null) return [];
  const { reward, terms } = node as { reward?: unknown; terms?: unknown };
  const inTerms = Array.isArray(terms)
    ? terms.map((term) => (term as { reward?: unknown } | null)?.reward)
    : [];
  return [reward, ...inTerms].filter((child) => child !== undefined);
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
    level = level.flatMap(children);
  }
  return value;
}

/** Validates a reward of any kind, with defaults filled in and nesting bounded. */
export const rewardSchema: z.ZodType<RewardConfig, RewardInput> = z.preprocess(bound, union) as never;

/** A reward and all those inside it, outermost first. */
export function rewardNodes(reward: RewardConfig): RewardConfig[] {
  switch (reward.type) {
    case "sum":
      return [reward, ...reward.terms.flatMap((term) => rewardNodes(term.reward))];
    case "clip":
    case "scale":
      return [reward, ...rewardNodes(reward.reward)];
    default:
      return [reward];
  }
}

/** Names of the reward models a reward needs, each once. */
export function rewardModels(reward: RewardConfig): string[] {
  return [...new Set(rewardNodes(reward).flatMap((node) => node.type === "model" ? [node.model] : []))];
}
