/**
 * What OpenAI's requests for texts have in common. A key may be missing or null; what cannot be done is refused by name unless
 * it is sent with the value that changes nothing, as many clients do.
 */
import { z } from "zod";
import { component } from "./component.ts";
import { type GenerationRequest, generationSchema, stopString, usageSchema } from "./generation.ts";
import type { Refuse } from "./refuse.ts";
import { MIN_TEMPERATURE } from "./temperature.ts";

const { stop } = generationSchema.shape;

/** As OpenAI has it: scripts try more, to be refused. */
const MAX_TEMPERATURE = 2;

/** A key that may be missing or null. */
export function optional<T extends z.ZodType>(schema: T, fallback: z.output<T>) {
  return schema.nullish().transform((value) => value ?? fallback).meta({ default: fallback });
}

/** A key of which one value is taken, and null. */
export function only(name: string, neutral: z.ZodType) {
  const checked = z.unknown().superRefine((value, context) => {
    if (neutral.safeParse(value).success) return;
    context.addIssue({ code: "custom", message: `Expected no ${name}, which is not supported` });
  });
  return checked.nullish().describe(`Not supported: ${name} must be left out, null or neutral.`);
}

/** A key that is taken and changes nothing. */
export function ignored<T extends z.ZodType>(schema: T) {
  return schema.nullish().describe("Has no effect.");
}

/** How completions are drawn, and given. */
export const openaiSampling = {
  temperature: optional(z.number().min(0).max(MAX_TEMPERATURE), 1).describe(
    `Sampling temperature; below ${MIN_TEMPERATURE} it is greedy. Default 1.`,
  ),
  top_p: optional(z.number().min(0).max(1), 1).describe(
    "Only the most likely tokens that make up so much probability are drawn; 0: the most likely one. Default 1: all.",
  ),
  n: optional(z.int().min(1).max(128), 1).describe("Completions of each prompt. Default 1."),
  stop: optional(
    z.union([stopString.transform((one) => [one]), stop.unwrap()], {
      error: (issue) => issue.code === "invalid_union" ? "Expected a text or up to 16 texts" : undefined,
    }),
    [],
  ).describe("Texts that end a completion, and are not part of it. Default none."),
  seed: z.int().nullish().describe("Without one, each request draws its own."),
  stream: optional(z.boolean(), false).describe(
    "Answer as Server-Sent Events, a piece at a time. Default false.",
  ),
  stream_options: z.strictObject({
    include_usage: optional(z.boolean(), false).describe(
      "Whether the tokens of the request come last. Default false.",
    ),
    include_obfuscation: only("include_obfuscation", z.literal(false)),
  }).nullish().describe("Of a stream alone."),
  user: ignored(z.string().max(512)),
};

/** What of sampling cannot be done. */
export const UNSUPPORTED_SAMPLING = {
  frequency_penalty: only("frequency_penalty", z.literal(0)),
  presence_penalty: only("presence_penalty", z.literal(0)),
  logit_bias: only("logit_bias", z.strictObject({})),
};

type Sampling = z.output<z.ZodObject<typeof openaiSampling>>;

/** Refuses options of a stream where there is none. */
export function requireStream(
  { stream, stream_options }: Pick<Sampling, "stream" | "stream_options">,
  refuse: Refuse,
): void {
  if (stream_options && !stream) refuse(["stream_options"], "Expected none without stream");
}

/** The same as a generation has it. */
export function samplingOf(
  { temperature, top_p, n, stop, seed, stream }: Sampling,
): Pick<GenerationRequest, "temperature" | "top_k" | "top_p" | "n" | "stop" | "seed" | "stream"> {
  const drawn = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const chosen = seed ?? drawn;
  return {
    temperature: temperature < MIN_TEMPERATURE ? 0 : temperature,
    ...(top_p === 0 ? { top_k: 1, top_p: 1 } : { top_k: 0, top_p }),
    // Seeds of ours begin at 0: the negative ones are the largest.
    ...{ n, stop, seed: chosen < 0 ? Number.MAX_SAFE_INTEGER + 1 + chosen : chosen, stream },
  };
}

/** Tokens of an answer. */
export const openaiUsage = z.object({
  prompt_tokens: z.int().describe("Of each prompt once."),
  completion_tokens: z.int().describe("Of all completions."),
  total_tokens: z.int().describe("Both together."),
  prefill_tokens_saved: usageSchema.shape.prefill_tokens_saved,
}).meta({ ...component("OpenAIUsage"), description: "Tokens of the request" });

export type OpenAIUsage = z.output<typeof openaiUsage>;

export function usageOf(
  { prompt_tokens, completion_tokens, ...saved }: Omit<OpenAIUsage, "total_tokens">,
): OpenAIUsage {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, ...saved };
}
