/** The bodies of POST /v1/generations and /v1/scores, and their answers: declared once, used by routes and engine. */
import { z } from "zod";
import "../field_messages.ts";
import { integers, numbers, strings } from "./bulk.ts";
import { chatFields, MAX_TEXT } from "./chat_schema.ts";
import { MIN_TEMPERATURE } from "./temperature.ts";
import { rewardSchema } from "./reward_schema.ts";

/**
 * A text as ids; whether the model has them is checked by the engine. The first that is none is told of, and ids have no
 * schema each: that takes seconds for what a body has room for, and all their faults have no room on the stack.
 */
export const tokenIds = z.array(z.unknown()).min(1).max(131072).check(({ value, issues }) => {
  const at = value.findIndex((id) => !Number.isSafeInteger(id) || id as number < 0);
  if (at < 0) return;
  const message = "Expected a token id, an integer from 0";
  issues.push({ code: "custom", path: [at], message, input: value[at], continue: false });
}).meta({ items: { type: "integer", minimum: 0 } }) as unknown as z.ZodArray<z.ZodInt>;

const checkpoint = z.string().max(200).nullable();
const adapter = z.string().max(500).nullable();

/** Whose text is asked for; a prompt that says neither is for the policy of its request. */
const policyOf = { checkpoint: checkpoint.optional(), adapter: adapter.optional() };

const generationPrompt = z.union([
  z.string().min(1).max(MAX_TEXT),
  z.strictObject({ text: z.string().min(1).max(MAX_TEXT), ...policyOf }),
  z.strictObject({ token_ids: tokenIds, ...policyOf }),
  z.strictObject({ ...chatFields, ...policyOf }),
], {
  error: (issue) =>
    issue.code === "invalid_union"
      ? "Expected a text, { text }, { token_ids } or { messages, tools?, documents?, chat_template_kwargs? }"
      : undefined,
});

/** A policy has one adapter. */
function onePolicy(
  of: { checkpoint?: string | null; adapter?: string | null },
  path: string[],
  refuse: Refuse,
) {
  if (of.checkpoint != null && of.adapter != null) {
    refuse([...path, "adapter"], "Expected a checkpoint or an adapter, got both");
  }
}

/** Each is in memory while the request is answered. */
const MAX_POLICIES = 16;

type Refuse = (path: string[], message: string) => void;

/** A text that ends a completion. */
export const stopString = z.string().min(1).max(200);

export const generationSchema = z.strictObject({
  model: z.string().min(1).max(200),
  checkpoint: checkpoint.default(null),
  adapter: adapter.default(null),
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
}).superRefine((request, context) => {
  const refuse: Refuse = (path, message) => context.addIssue({ code: "custom", path, message });
  onePolicy(request, [], refuse);
  request.prompts.forEach((prompt, index) => {
    if (typeof prompt === "object") onePolicy(prompt, ["prompts", String(index)], refuse);
  });
  const policies = new Set(request.prompts.map((prompt) => JSON.stringify(policyNames(request, prompt))));
  if (policies.size > MAX_POLICIES) {
    refuse(
      ["prompts"],
      `Expected at most ${MAX_POLICIES} checkpoints and adapters in a request, got ${policies.size}`,
    );
  }
});

/** The checkpoint or adapter whose text a prompt of a request asks for. */
export function policyNames(
  request: PolicyNames,
  prompt: string | Partial<PolicyNames>,
): PolicyNames {
  if (typeof prompt === "string" || (prompt.checkpoint === undefined && prompt.adapter === undefined)) {
    return { checkpoint: request.checkpoint, adapter: request.adapter };
  }
  return { checkpoint: prompt.checkpoint ?? null, adapter: prompt.adapter ?? null };
}

interface PolicyNames {
  checkpoint: string | null;
  adapter: string | null;
}

export type GenerationRequest = z.output<typeof generationSchema>;

const generated = {
  prompt_index: z.int(),
  index: z.int(),
  text: z.string(),
  token_ids: integers,
  finish_reason: z.enum(["stop", "length"]),
  /** Log-probability of each token at the request's temperature (at 1 when greedy), before top-k and top-p. */
  logprobs: numbers.optional(),
};

/** Each token for people to read, and where its text begins in `text`; present when the command asks for them. */
const tokenTexts = {
  tokens: strings.optional(),
  text_offsets: integers.optional(),
};

const usageSchema = z.object({ prompt_tokens: z.int(), completion_tokens: z.int() });

/** A generation as the engine gives it. */
export const generationResultSchema = z.object({
  /** Empty when the completions have been streamed. */
  data: z.array(z.object({ ...generated, ...tokenTexts })),
  usage: usageSchema,
});

/**
 * A piece of a completion that streams. All pieces of one, joined, are the `Generation`; the last has the reason. A
 * piece comes when there is text to tell, so it may hold several tokens.
 */
export const generationDeltaSchema = z.object({
  ...generated,
  ...tokenTexts,
  finish_reason: generated.finish_reason.nullable(),
});

/** The answer to POST /v1/generations. */
export const generationAnswerSchema = z.object({
  id: z.string(),
  model: z.string(),
  checkpoint: z.string().nullable(),
  adapter: z.string().nullable(),
  data: z.array(z.object(generated)),
  usage: usageSchema,
}).meta({ id: "Generations" });

export type GenerationResult = z.output<typeof generationResultSchema>;
export type Generation = GenerationResult["data"][number];
export type GenerationDelta = z.output<typeof generationDeltaSchema>;

const scoreItem = z.union([
  z.strictObject({ prompt: z.string().min(1).max(MAX_TEXT), completion: z.string().min(1).max(MAX_TEXT) }),
  z.strictObject({ prompt_token_ids: tokenIds, completion_token_ids: tokenIds }),
], {
  error: (issue) =>
    issue.code === "invalid_union"
      ? "Expected { prompt, completion } or { prompt_token_ids, completion_token_ids }"
      : undefined,
});

export const scoreSchema = z.strictObject({
  model: z.string().min(1).max(200),
  checkpoint: checkpoint.default(null),
  adapter: adapter.default(null),
  temperature: z.number().min(MIN_TEMPERATURE).max(100).default(1),
  items: z.array(scoreItem).min(1).max(256),
  reward: rewardSchema.nullable().default(null),
  tokens: z.boolean().default(true),
}).superRefine((request, context) => {
  onePolicy(request, [], (path, message) => context.addIssue({ code: "custom", path, message }));
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
