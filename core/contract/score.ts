/** The body of POST /v1/scores, and the answer: declared once, used by routes and engine. */
import { z } from "zod";
import { component } from "./component.ts";
import "../field_messages.ts";
import { MAX_TEXT } from "./chat_schema.ts";
import { itemSchema } from "./item.ts";
import { metadataSchema } from "./metadata.ts";
import { adapter, checkpoint, onePolicy } from "./policy_names.ts";
import { refusing } from "./refuse.ts";
import { rewardSchema } from "./reward_schema.ts";
import { MIN_TEMPERATURE } from "./temperature.ts";
import { tokenIds } from "./token_ids.ts";

/** What rewards may want beside the texts. */
const besides = {
  answer: z.string().min(1).max(100_000).optional().describe(
    "The right completion, for rewards that compare with one.",
  ),
  item: itemSchema.optional(),
  metadata: metadataSchema.optional().describe("Up to 16 texts of your own, for rewards of yours."),
};

const scoreItem = z.union([
  z.strictObject({
    prompt: z.string().min(1).max(MAX_TEXT).describe("What is answered."),
    completion: z.string().min(1).max(MAX_TEXT).describe("What is scored."),
    ...besides,
  }).meta(component("ScoreTextItem")),
  z.strictObject({
    prompt_token_ids: tokenIds.describe("What is answered, as tokens."),
    completion_token_ids: tokenIds.describe("What is scored, as tokens."),
    ...besides,
  }).meta(component("ScoreTokenItem")),
], {
  error: (issue) =>
    issue.code === "invalid_union"
      ? "Expected { prompt, completion } or { prompt_token_ids, completion_token_ids }, with answer?, item? and metadata?"
      : undefined,
});

export const scoreSchema = z.strictObject({
  model: z.string().min(1).max(200).describe(
    "Name or id of a model; or a checkpoint's id, for its policy, or for the reward of its reward model.",
  ),
  checkpoint: checkpoint.default(null),
  adapter: adapter.default(null),
  temperature: z.number().min(MIN_TEMPERATURE).max(100).default(1).describe(
    "Temperature of every log-probability. Default 1.",
  ),
  items: z.array(scoreItem).min(1).max(256).describe("Completions to score."),
  reward: rewardSchema.nullable().default(null).describe("What scores them. Default null: nothing does."),
  tokens: z.boolean().default(true).describe("Also answer each token's numbers. Default true."),
}).superRefine((request, context) => {
  onePolicy(request, [], refusing(context));
}).meta(component("ScoreRequest"));

export type ScoreRequest = z.output<typeof scoreSchema>;

const tokenScore = z.object({
  token_id: z.int().describe("The token."),
  token: z.string().describe("Its text."),
  logprob: z.number().describe("Under the policy, in nats."),
  ref_logprob: z.number().describe("Under the bare model, in nats."),
  kl_div: z.number().describe("logprob − ref_logprob (k1)."),
  entropy: z.number().describe("Of the policy where the token was chosen, in nats."),
  value: z.number().optional().describe(
    "Of the state before the token; where the checkpoint has a value network.",
  ),
}).meta(component("TokenScore"));

const oneScore = z.object({
  logprob: z.number().describe("Sum over the completion's tokens, in nats."),
  ref_logprob: z.number().describe("Sum over the completion's tokens, in nats."),
  kl: z.number().describe("Sum of kl_div over the completion's tokens."),
  reward: z.number().optional().describe("What the request's reward gives it; left out without one."),
  tokens: z.array(tokenScore).optional().describe("Left out where the request says so."),
}).meta(component("Score"));

/** The answer to POST /v1/scores. */
export const scoreResultSchema = z.object({
  data: z.array(oneScore).describe("In the order of the items."),
}).meta(component("Scores"));

export type ScoreResult = z.output<typeof scoreResultSchema>;
export type Score = ScoreResult["data"][number];
