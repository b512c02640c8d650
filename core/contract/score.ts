/** The body of POST /v1/scores, and the answer: declared once, used by routes and engine. */
import { z } from "zod";
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
    prompt: z.string().min(1).max(MAX_TEXT),
    completion: z.string().min(1).max(MAX_TEXT),
    ...besides,
  }),
  z.strictObject({ prompt_token_ids: tokenIds, completion_token_ids: tokenIds, ...besides }),
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
  temperature: z.number().min(MIN_TEMPERATURE).max(100).default(1),
  items: z.array(scoreItem).min(1).max(256),
  reward: rewardSchema.nullable().default(null),
  tokens: z.boolean().default(true),
}).superRefine((request, context) => {
  onePolicy(request, [], refusing(context));
});

export type ScoreRequest = z.output<typeof scoreSchema>;

/** The answer to POST /v1/scores. */
export const scoreResultSchema = z.object({
  data: z.array(z.object({
    /** Sums over the completion's tokens. */
    logprob: z.number(),
    ref_logprob: z.number(),
    kl: z.number(),
    reward: z.number().optional(),
    tokens: z.array(z.object({
      token_id: z.int(),
      token: z.string(),
      logprob: z.number(),
      ref_logprob: z.number(),
      /** k1: logprob − ref_logprob. */
      kl_div: z.number(),
      entropy: z.number(),
      /** Present when the checkpoint has a value network. */
      value: z.number().optional(),
    })).optional(),
  })),
}).meta({ id: "Scores" });

export type ScoreResult = z.output<typeof scoreResultSchema>;
export type Score = ScoreResult["data"][number];
