/** The bodies of POST /v1/generations and /v1/scores, and their answers: declared once, used by routes and engine. */
import { z } from "zod";
import { messageSchema, MIN_TEMPERATURE, rewardSchema } from "../ppo/config.ts";

/** A text as ids; whether the model has them is checked by the engine. */
export const tokenIds = z.array(z.int().nonnegative()).min(1).max(131072);

const generationPrompt = z.union([
  z.string().min(1).max(1_000_000),
  z.strictObject({ token_ids: tokenIds }),
  z.strictObject({ messages: z.array(messageSchema).min(1).max(1000) }),
]);

/** A text that ends a completion. */
export const stopString = z.string().min(1).max(200)
  .refine((text) => text.isWellFormed(), "Expected whole characters: it has half of a surrogate pair");

export const generationSchema = z.strictObject({
  model: z.string().min(1).max(200),
  checkpoint: z.string().max(200).nullable().default(null),
  prompts: z.array(generationPrompt).min(1).max(256),
  n: z.int().min(1).max(64).default(1),
  max_new_tokens: z.int().min(1).max(32768).default(50),
  temperature: z.number().min(0).max(100)
    .refine(
      (value) => value === 0 || value >= MIN_TEMPERATURE,
      `Expected 0 (greedy) or at least ${MIN_TEMPERATURE}`,
    )
    .default(1),
  top_k: z.int().min(0).default(0),
  top_p: z.number().gt(0).max(1).default(1),
  stop: z.array(stopString).max(16).default([]),
  seed: z.int().min(0).default(0),
  logprobs: z.boolean().default(false),
  stream: z.boolean().default(false),
});

export type GenerationRequest = z.output<typeof generationSchema>;

export interface Generation {
  prompt_index: number;
  index: number;
  text: string;
  token_ids: number[];
  finish_reason: "stop" | "length";
  /** Log-probability of each token at the request's temperature (at 1 when greedy), before top-k and top-p. */
  logprobs?: number[];
  /** Each token for people to read, and where its text begins in `text`; present when the command asks for them. */
  tokens?: string[];
  text_offsets?: number[];
}

/**
 * A piece of a completion that streams. All pieces of one, joined, are the `Generation`; the last has the reason. A
 * piece comes when there is text to tell, so it may hold several tokens.
 */
export interface GenerationDelta extends Omit<Generation, "finish_reason"> {
  finish_reason: Generation["finish_reason"] | null;
}

export interface GenerationResult {
  /** Empty when the completions have been streamed. */
  data: Generation[];
  usage: { prompt_tokens: number; completion_tokens: number };
}

const scoreItem = z.union([
  z.strictObject({ prompt: z.string().min(1).max(1_000_000), completion: z.string().min(1).max(1_000_000) }),
  z.strictObject({ prompt_token_ids: tokenIds, completion_token_ids: tokenIds }),
]);

export const scoreSchema = z.strictObject({
  model: z.string().min(1).max(200),
  checkpoint: z.string().max(200).nullable().default(null),
  adapter: z.string().max(500).nullable().default(null),
  temperature: z.number().min(MIN_TEMPERATURE).max(100).default(1),
  items: z.array(scoreItem).min(1).max(256),
  reward: rewardSchema.nullable().default(null),
  tokens: z.boolean().default(true),
});

export type ScoreRequest = z.output<typeof scoreSchema>;

export interface ScoredToken {
  token_id: number;
  token: string;
  logprob: number;
  ref_logprob: number;
  /** k1: logprob − ref_logprob. */
  kl_div: number;
  entropy: number;
  /** Present when the checkpoint has a value network. */
  value?: number;
}

export interface Score {
  /** Sums over the completion's tokens. */
  logprob: number;
  ref_logprob: number;
  kl: number;
  reward?: number;
  tokens?: ScoredToken[];
}

export interface ScoreResult {
  data: Score[];
}
