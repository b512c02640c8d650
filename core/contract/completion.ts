/**
 * The body of POST /v1/completions as OpenAI's clients send it, how it reads as a generation, and the answer. What cannot be done
 * is refused by name unless it is sent with the value that changes nothing, as many clients do.
 */
import { z } from "zod";
import { component } from "./component.ts";
import type { GenerationExtras, GenerationRequest } from "./generation.ts";
import {
  only,
  openaiSampling,
  openaiUsage,
  optional,
  requireStream,
  samplingOf,
  UNSUPPORTED_SAMPLING,
} from "./openai_fields.ts";
import { tokenIds } from "./token_ids.ts";
import { refusing } from "./refuse.ts";

const text = z.string().min(1).max(1_000_000);

const prompt = z.union([text, z.array(text).min(1).max(256), tokenIds, z.array(tokenIds).min(1).max(256)], {
  error: (issue) =>
    issue.code === "invalid_union" ? "Expected a text, texts, token ids, or lists of token ids" : undefined,
})
  .describe("A text, texts, token ids, or token ids of several prompts.");

export const completionSchema = z.strictObject({
  model: z.string().min(1).max(200).describe("A model's name or a checkpoint's id."),
  prompt,
  ...openaiSampling,
  max_tokens: optional(z.int().min(0).max(32768), 16).describe(
    "New tokens at most; 0 for none, where echo and logprobs ask about the prompt alone.",
  ),
  logprobs: z.int().min(0).max(5).nullish().describe(
    "Log-probabilities of the tokens, and of so many that are most likely in each one's place.",
  ),
  echo: optional(z.boolean(), false).describe("Whether each text begins with its prompt."),
  ...UNSUPPORTED_SAMPLING,
  suffix: only("suffix", z.literal("")),
  best_of: only("best_of", z.literal(1)),
}).superRefine((request, context) => requireStream(request, refusing(context))).meta(
  component("CompletionRequest"),
);

export type CompletionRequest = z.output<typeof completionSchema>;

const choiceSchema = z.object({
  text: z.string().describe("The completion; with echo behind its prompt."),
  index: z.int().describe("Completions of the first prompt come first."),
  logprobs: z.object({
    tokens: z.array(z.string()).describe("Each token's text."),
    token_logprobs: z.array(z.number().nullable()).describe("null for the first token of a prompt."),
    top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullable().describe(
      "Of each place the most likely tokens, by their texts; null where none are asked for.",
    ),
    text_offset: z.array(z.int()).describe(
      "In UTF-16 units of the choice's text, before a stop string's cut.",
    ),
  }).nullable().describe("Null where the request does not ask."),
  finish_reason: z.enum(["stop", "length"]).nullable().describe(
    "stop: a token or a text ended it; length: max_tokens or the context did; null until the last piece of a stream.",
  ),
});

/** The answer, and each event of a streamed one. */
export const completionAnswerSchema = z.object({
  id: z.string().describe("Of the request, for the log."),
  object: z.literal("text_completion").describe("What this is."),
  created: z.int().describe("Seconds since 1970."),
  model: z.string().describe("As the request names it."),
  choices: z.array(choiceSchema).describe("The completions; in a stream a piece of one."),
  usage: openaiUsage.nullable().optional().describe(
    "Tokens of the request; in a stream at its end, where the request asks.",
  ),
}).meta(component("Completion"));

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
  return {
    ...named,
    adapter: null,
    prompts: promptsOf(request),
    ...samplingOf(request),
    max_new_tokens: request.max_tokens,
    logprobs: request.logprobs != null,
  };
}

/** What it asks for besides. */
export function extrasOf({ logprobs, echo }: CompletionRequest): GenerationExtras {
  return { tokens: logprobs != null, top_logprobs: logprobs ?? 0, echo };
}
