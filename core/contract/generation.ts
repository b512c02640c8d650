/** The body of POST /v1/generations, and what comes of it: declared once, used by routes and engine. */
import { z } from "zod";
import { component } from "./component.ts";
import "../field_messages.ts";
import { integers, numbers, strings } from "./bulk.ts";
import { chatFields, MAX_TEXT } from "./chat_schema.ts";
import { adapter, checkpoint, onePolicy, policyNames, policyOf } from "./policy_names.ts";
import { refusing } from "./refuse.ts";
import { MIN_TEMPERATURE } from "./temperature.ts";
import { tokenIds } from "./token_ids.ts";

const generationPrompt = z.union([
  z.string().min(1).max(MAX_TEXT),
  z.strictObject({
    text: z.string().min(1).max(MAX_TEXT).describe("What the model goes on with."),
    ...policyOf,
  })
    .meta(component("GenerationTextPrompt")),
  z.strictObject({ token_ids: tokenIds.describe("What the model goes on with."), ...policyOf })
    .meta(component("GenerationTokenPrompt")),
  z.strictObject({ ...chatFields, ...policyOf }).meta(component("GenerationChatPrompt")),
], {
  error: (issue) =>
    issue.code === "invalid_union"
      ? "Expected a text, { text }, { token_ids } or { messages, tools?, documents?, chat_template_kwargs? }"
      : undefined,
}).meta({
  ...component("GenerationPrompt"),
  description: "A text, or a text, tokens or a conversation as an object",
});

/** Each is in memory while the request is answered. */
const MAX_POLICIES = 16;

/** A text that ends a completion. */
export const stopString = z.string().min(1).max(200);

export const generationSchema = z.strictObject({
  model: z.string().min(1).max(200).describe("Name or id of the model."),
  checkpoint: checkpoint.default(null),
  adapter: adapter.default(null),
  prompts: z.array(generationPrompt).min(1).max(256).describe("What to answer."),
  n: z.int().min(1).max(64).default(1).describe("Completions of each prompt. Default 1."),
  max_new_tokens: z.int().min(1).max(32768).default(50).describe(
    "Longest completion, in tokens, the token that ends it included. Default 50.",
  ),
  temperature: z.number().min(0).max(100)
    .refine(
      (value) => value === 0 || value >= MIN_TEMPERATURE,
      `Expected 0 (greedy) or at least ${MIN_TEMPERATURE}`,
    )
    .default(1).describe("Sampling temperature; 0 is greedy. Default 1."),
  top_k: z.int().min(0).default(0).describe("Only the most likely so many tokens are drawn. Default 0: all."),
  top_p: z.number().gt(0).max(1).default(1).describe(
    "Only the most likely tokens that make up so much probability are drawn. Default 1: all.",
  ),
  stop: z.array(stopString).max(16).default([]).describe(
    "Texts that end a completion, and are not part of it. Default none.",
  ),
  seed: z.int().min(0).default(0).describe(
    "The same seed gives the same text, whatever else is in the batch. Default 0.",
  ),
  logprobs: z.boolean().default(false).describe(
    "Also answer the log-probability of each token. Default false.",
  ),
  stream: z.boolean().default(false).describe(
    "Answer as Server-Sent Events, a piece at a time. Default false.",
  ),
}).superRefine((request, context) => {
  const refuse = refusing(context);
  onePolicy(request, [], refuse);
  request.prompts.forEach((prompt, index) => {
    if (typeof prompt === "object") onePolicy(prompt, ["prompts", index], refuse);
  });
  const policies = new Set(request.prompts.map((prompt) => JSON.stringify(policyNames(request, prompt))));
  if (policies.size > MAX_POLICIES) {
    refuse(
      ["prompts"],
      `Expected at most ${MAX_POLICIES} checkpoints and adapters in a request, got ${policies.size}`,
    );
  }
}).meta(component("GenerationRequest"));

export type GenerationRequest = z.output<typeof generationSchema>;

const generated = {
  prompt_index: z.int().describe("Which prompt it answers, from 0."),
  index: z.int().describe("Which of the prompt's completions it is, from 0."),
  text: z.string().describe("Without the token that ended it, and without what stop names."),
  token_ids: integers.describe("Its tokens, the one that ended it included."),
  finish_reason: z.enum(["stop", "length"]).describe(
    "stop: a token or a text ended it; length: max_new_tokens or the model's context did.",
  ),
  logprobs: numbers.optional().describe(
    "Of each token, at the request's temperature (at 1 when greedy), before top-k and top-p; where the request asks for them.",
  ),
};

/** Each token for people to read, and where its text begins in `text`; present when the command asks for them. */
const tokenTexts = {
  tokens: strings.optional(),
  text_offsets: integers.optional(),
  /** Bytes of each token in hexadecimal, empty where they are its text in UTF-8. */
  token_bytes: strings.optional(),
};

export const usageSchema = z.object({
  prompt_tokens: z.int().describe("Of each prompt once, however many completions it has."),
  completion_tokens: z.int().describe("Of all completions, their stop tokens included."),
  prefill_tokens_saved: z.int().optional().describe(
    "Prompt tokens that were not run, because a completion of the same prompt had them run; left out for 0.",
  ),
}).meta({ ...component("Usage"), description: "Tokens of the request, in all" });

/** The most likely tokens in the place of each: `top_tokens` for people to read, as many of each place, the likeliest first. */
const topTokens = {
  top_tokens: strings.optional(),
  top_logprobs: numbers.optional(),
};

/** A prompt in front of its completion, where the command asks for it. */
const echoSchema = z.object({
  text: z.string(),
  tokens: strings,
  text_offsets: integers,
  /** Of all tokens but the first, which nothing comes before. */
  logprobs: numbers.optional(),
  ...topTokens,
});

export type Echo = z.output<typeof echoSchema>;

/** What of a generation the commands for OpenAI's clients ask for. */
export const generationExtrasSchema = z.strictObject({
  /** Each token's text, its bytes where they are no text, and where the text begins. */
  tokens: z.boolean().optional(),
  /** The most likely tokens beside each one whose log-probability is told; needs `tokens` and the request's logprobs. */
  top_logprobs: z.int().min(0).max(5).optional(),
  /** Each prompt before its completions, and with the request's logprobs those of its tokens. */
  echo: z.boolean().optional(),
  /** New tokens are as many as the request says and the model's context has room for, one at least. */
  fit_context: z.boolean().optional(),
});

export type GenerationExtras = z.output<typeof generationExtrasSchema>;

/** What an engine is asked for: no new tokens are possible where a prompt alone is wanted. */
export const generationCommandSchema = generationSchema.safeExtend({
  n: z.int().min(1).max(128).default(1),
  max_new_tokens: z.int().min(0).max(32768).default(50),
});

/** A generation as the engine gives it. */
export const generationResultSchema = z.object({
  /** Empty when the completions have been streamed. */
  data: z.array(z.object({ ...generated, ...tokenTexts, ...topTokens, echo: echoSchema.optional() })),
  usage: usageSchema,
});

/**
 * A piece of a completion that streams. All pieces of one, joined, are the `Generation`; the last has the reason. A
 * piece comes when there is text to tell, so it may hold several tokens; the first has the prompt.
 */
export const generationDeltaSchema = z.object({
  ...generated,
  ...tokenTexts,
  ...topTokens,
  echo: echoSchema.optional(),
  finish_reason: generated.finish_reason.nullable(),
});

const completionOfPrompt = z.object(generated).meta(component("Generation"));

/** The answer to POST /v1/generations. */
export const generationAnswerSchema = z.object({
  id: z.string().describe("Of the request, for the log."),
  model: z.string().describe("As the request names it."),
  checkpoint: z.string().nullable().describe("As the request names it."),
  adapter: z.string().nullable().describe("As the request names it."),
  data: z.array(completionOfPrompt).describe("The completions, those of the first prompt first."),
  usage: usageSchema,
}).meta(component("Generations"));

export type GenerationResult = z.output<typeof generationResultSchema>;
export type Generation = GenerationResult["data"][number];
export type GenerationDelta = z.output<typeof generationDeltaSchema>;

/** What the events of a streamed answer hold, by their names. */
export const GENERATION_EVENTS = {
  delta: z.object({ ...generated, finish_reason: generated.finish_reason.nullable() }).meta({
    ...component("GenerationDelta"),
    description: "A piece of a completion; the last has its finish_reason",
  }),
  usage: generationAnswerSchema.omit({ data: true }).meta({
    ...component("GenerationUsage"),
    description: "The end of a streamed answer, before [DONE]",
  }),
};
