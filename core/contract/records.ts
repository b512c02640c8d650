/**
 * What a PPO job keeps of its rollouts: how much of it a job asks for, what the engine says when a step's are written, and
 * how a rollout and a token of one look in answers. Null says that there is no such number; it is never 0 and never NaN.
 */
import { z } from "zod";
import { component } from "./component.ts";
import "../field_messages.ts";

const lastEpochs = z.strictObject({
  last_epochs: z.int().min(1).max(10_000).describe("Those of the newest so many epochs."),
}).meta(component("LastEpochs"));

/** How much a job keeps. */
export const recordsSchema = z.strictObject({
  rollouts: z.union([z.enum(["all", "none"]), lastEpochs], {
    error: (issue) => issue.code === "invalid_union" ? "Expected all, none or { last_epochs }" : undefined,
  }).default("all").describe(
    "Which steps' rollouts are kept: prompt, completion, scores. Token records go with them. Default all.",
  ),
  tokens: z.union([z.boolean(), lastEpochs], {
    error: (issue) => issue.code === "invalid_union" ? "Expected true, false or { last_epochs }" : undefined,
  }).default(true).describe("Which of them keep their per-token records too. Default true: all."),
  max_bytes: z.int().min(100_000).max(1_000_000_000_000_000).default(1_000_000_000).describe(
    "Most bytes that a job's records take; the oldest steps' token records go first, then the oldest rollouts. A million tokens take some 40 MB. Default 1,000,000,000.",
  ),
}).meta({ ...component("Records"), description: "What a job keeps of its rollouts" });

export type RecordsConfig = z.output<typeof recordsSchema>;

/** What the records of one step take on the disk. */
export const stepRecordsSchema = z.object({
  rollouts_bytes: z.int(),
  /** Null where the job keeps none of tokens. */
  tokens_bytes: z.int().nullable(),
});

export type StepRecords = z.output<typeof stepRecordsSchema>;

/** How a response ended: at a stop token, or cut off by max_new_tokens. */
export const FINISH_REASONS = ["stop", "length"] as const;

const number = z.number().nullable();

const place = {
  prompt_idx: z.int().describe("The prompt's place among the job's, from 0."),
  sample_idx: z.int().describe("Which of the step's samples of this prompt, from 0."),
  step: z.int().describe("From 1."),
  epoch: z.int().describe("From 1."),
};

/** A rollout in an answer. */
export const rolloutSchema = z.object({
  rollout_id: z.string().describe("Step and row: 12-3. Unique in the job."),
  ...place,
  prompt: z.string().describe("As the model saw it, chat template included."),
  completion: z.string().describe("What the policy answered."),
  score: number.describe("After shaping, scaling and clipping: what the last token's reward has of it."),
  raw_score: number.describe("What the reward gave."),
  rewards: z.record(z.string(), number).describe("The reward's terms by name, each as it scored."),
  kl: number.describe("Sum of logprob − ref_logprob over the tokens, in nats."),
  bootstrap_value: number.describe(
    "Value of the state after the last token, which a cut-off response's returns go on with; 0 where it ended.",
  ),
  finish_reason: z.enum(FINISH_REASONS).describe("stop: a stop token ended it; length: max_new_tokens did."),
  prompt_tokens: z.int().describe("The prompt's length in tokens."),
  completion_tokens: z.int().describe("With the stop token."),
}).meta(component("Rollout"));

export type RolloutView = z.output<typeof rolloutSchema>;

/** A token of a rollout in an answer. */
export const attributionSchema = z.object({
  state_text: z.string().optional().describe("The text before the token: prompt and completion so far."),
  action_token: z.string().describe(
    "The token's text; where it is part of a character, its bytes: <0xE2><0x80>.",
  ),
  action_token_id: z.int().describe("The token's number in the vocabulary."),
  logprob: number.describe("Under the policy that sampled it, by the training forward, in nats."),
  ref_logprob: number.describe("Under the reference model, in nats."),
  kl_div: number.describe("logprob − ref_logprob."),
  value: number.describe("Of the state before the token; null without a critic."),
  reward: number.describe("What the advantage was made from: −kl_coef·kl, and the score at the last token."),
  advantage: number.describe("What the policy's loss used: whitened where the job whitens."),
  reward_to_go: number.describe("Discounted sum of the rewards from this token on."),
  ...place,
  position: z.int().describe("In the response, from 0."),
  rollout_id: z.string().describe("The rollout that it is of."),
}).meta(component("Attribution"));

export type AttributionView = z.output<typeof attributionSchema>;
