/**
 * The body of POST /v1/completions as OpenAI's clients send it, how it reads as a generation, and the answer. What cannot be done
 * is refused by name unless it is sent with the value that changes nothing, as many clients do.
 */
import { z } from "zod";
import { type GenerationRequest, generationSchema, stopString } from "./generation.ts";
import { tokenIds } from "./token_ids.ts";
import { refusing } from "./refuse.ts";

const { temperature, top_p, n, max_new_tokens, seed, stop } = generationSchema.shape;

/** A key that may be missing or null, as OpenAI's may. */
function optional<T extends z.ZodType>(schema: T, fallback: z.output<T>) {
  return schema.nullish().transform((value) => value ?? fallback).meta({ default: fallback });
}

/** A key of which one value is taken, and null. */
function only(name: string, neutral: z.ZodType) {
  return neutral.nullish().describe(`Not supported: ${name} must be left out, null or neutral.`);
}

const unsupported = (name: string) => `Expected no ${name}, which is not supported`;

const text = z.string().min(1).max(1_000_000);

const prompt = z.union([text, z.array(text).min(1).max(256), tokenIds, z.array(tokenIds).min(1).max(256)], {
  error: (issue) =>
    issue.code === "invalid_union" ? "Expected a text, texts, token ids, or lists of token ids" : undefined,
})
  .describe("A text, texts, token ids, or token ids of several prompts.");

export const completionSchema = z.strictObject({
  model: z.string().min(1).max(200).describe("A model's name or a checkpoint's id."),
  prompt,
  max_tokens: optional(max_new_tokens.unwrap(), 16),
  temperature: optional(temperature.unwrap(), 1),
  top_p: optional(top_p.unwrap(), 1),
  n: optional(n.unwrap(), 1),
  stop: optional(
    z.union([stopString.transform((one) => [one]), stop.unwrap()], {
      error: (issue) => issue.code === "invalid_union" ? "Expected a text or up to 16 texts" : undefined,
    }),
    [],
  ),
  seed: seed.unwrap().nullish().describe("Without one, each request draws its own."),
  logprobs: z.int().min(0).max(5).nullish().describe(
    "0 for the log-probabilities of the sampled tokens; 1 is possible with temperature 0.",
  ),
  stream: optional(z.boolean(), false),
  stream_options: z.strictObject({
    include_usage: optional(z.boolean(), false),
    include_obfuscation: z.literal(false, unsupported("include_obfuscation")).optional(),
  }).nullish(),
  user: z.string().max(512).nullish().describe("Has no effect."),
  echo: only("echo", z.literal(false, unsupported("echo"))),
  suffix: only("suffix", z.literal("", unsupported("suffix"))),
  best_of: only("best_of", z.literal(1, unsupported("best_of"))),
  frequency_penalty: only("frequency_penalty", z.literal(0, unsupported("frequency_penalty"))),
  presence_penalty: only("presence_penalty", z.literal(0, unsupported("presence_penalty"))),
  logit_bias: only(
    "logit_bias",
    z.record(z.string(), z.unknown()).refine((bias) => Object.keys(bias).length === 0, {
      error: unsupported("logit_bias"),
    }),
  ),
}).superRefine(({ logprobs, temperature, stream, stream_options }, context) => {
  const refuse = (field: string, message: string) => refusing(context)([field], message);
  if (logprobs && !(logprobs === 1 && temperature === 0)) {
    refuse(
      "logprobs",
      `Expected 0, or 1 with temperature 0, got ${logprobs}: only sampled tokens have log-probabilities`,
    );
  }
  if (stream_options && !stream) refuse("stream_options", "Expected none without stream");
}).meta({ id: "CompletionRequest" });

export type CompletionRequest = z.output<typeof completionSchema>;

const choiceSchema = z.object({
  text: z.string(),
  index: z.int().describe("Completions of the first prompt come first."),
  logprobs: z.object({
    tokens: z.array(z.string()),
    token_logprobs: z.array(z.number()),
    top_logprobs: z.array(z.record(z.string(), z.number())).nullable(),
    text_offset: z.array(z.int()).describe(
      "In UTF-16 units of the completion's text, before a stop string's cut.",
    ),
  }).nullable(),
  finish_reason: z.enum(["stop", "length"]).nullable(),
});

const usageSchema = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
});

/** The answer, and each event of a streamed one. */
export const completionAnswerSchema = z.object({
  id: z.string(),
  object: z.literal("text_completion"),
  created: z.int().describe("Seconds since 1970."),
  model: z.string(),
  choices: z.array(choiceSchema),
  usage: usageSchema.nullable().optional(),
}).meta({ id: "Completion" });

export type Completion = z.output<typeof completionAnswerSchema>;

/** The prompts of a request, one or several, as a generation takes them. */
function promptsOf({ prompt }: CompletionRequest): GenerationRequest["prompts"] {
  if (typeof prompt === "string") return [prompt];
  const [first] = prompt;
  if (typeof first === "number") return [{ token_ids: prompt as number[] }];
  if (typeof first === "string") return prompt as string[];
  return (prompt as number[][]).map((token_ids) => ({ token_ids }));
}

/** The generation that a completions request asks for. */
export function generationOf(
  request: CompletionRequest,
  named: Pick<GenerationRequest, "model" | "checkpoint">,
): GenerationRequest {
  const { max_tokens, temperature, top_p, n, stop, seed, logprobs, stream } = request;
  return {
    ...named,
    adapter: null,
    prompts: promptsOf(request),
    ...{ max_new_tokens: max_tokens, temperature, top_k: 0, top_p, n, stop, stream },
    seed: seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!,
    logprobs: logprobs != null,
  };
}
