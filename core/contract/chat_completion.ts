/** The body of POST /v1/chat/completions as OpenAI's clients send it, how it reads as a generation, and the answer. */
import { z } from "zod";
import { component } from "./component.ts";
import { chatFields } from "./chat_schema.ts";
import type { GenerationExtras, GenerationRequest } from "./generation.ts";
import {
  ignored,
  only,
  openaiSampling,
  openaiUsage,
  optional,
  requireStream,
  samplingOf,
  UNSUPPORTED_SAMPLING,
} from "./openai_fields.ts";
import { type Refuse, refusing } from "./refuse.ts";

/** New tokens of a request that does not say: what the context has room for, so many at most. */
const DEFAULT_NEW_TOKENS = 2048;

/** Whose turns there are. */
const ROLES = ["developer", "system", "user", "assistant", "tool", "function"];

const newTokens = z.int().min(1).max(32768).nullish();

/** Parts of messages that are no text. */
const isText = (part: unknown) => (Object(part) as { type?: unknown }).type === "text";

type Message = GenerationMessage & { content?: unknown };
interface GenerationMessage {
  role: string;
  [key: string]: unknown;
}

export const chatCompletionSchema = z.strictObject({
  model: z.string().min(1).max(400).describe("A model's name, a fine-tuned model's, or a checkpoint's id."),
  messages: chatFields.messages.describe(
    "Laid out by the model's chat template, developer as system. Parts of a message must be texts.",
  ),
  ...openaiSampling,
  max_completion_tokens: newTokens.describe(
    `New tokens at most. Default: what the context has room for, up to ${DEFAULT_NEW_TOKENS}.`,
  ),
  max_tokens: newTokens.describe("The same by its older name."),
  logprobs: optional(z.boolean(), false).describe("Whether each token has its log-probability."),
  chat_template_kwargs: chatFields.chat_template_kwargs,
  ...UNSUPPORTED_SAMPLING,
  top_logprobs: only("top_logprobs", z.literal(0)),
  tools: only("tools", z.array(z.unknown()).max(0)),
  tool_choice: only("tool_choice", z.enum(["none", "auto"])),
  functions: only("functions", z.array(z.unknown()).max(0)),
  function_call: only("function_call", z.enum(["none", "auto"])),
  parallel_tool_calls: ignored(z.boolean()),
  response_format: only("response_format other than text", z.strictObject({ type: z.literal("text") })),
  modalities: only("modalities other than text", z.tuple([z.literal("text")])),
  audio: only("audio", z.null()),
  prediction: only("prediction", z.null()),
  web_search_options: only("web_search_options", z.null()),
  store: only("store", z.literal(false)),
  service_tier: only("service_tier other than auto or default", z.enum(["auto", "default"])),
  reasoning_effort: ignored(z.string().max(100)),
  verbosity: ignored(z.string().max(100)),
  metadata: ignored(z.record(z.string(), z.unknown())),
  safety_identifier: ignored(z.string().max(512)),
  prompt_cache_key: ignored(z.string().max(512)),
  prompt_cache_retention: ignored(z.string().max(100)),
}).superRefine((request, context) => {
  const refuse = refusing(context);
  requireStream(request, refuse);
  knownTexts(request.messages as unknown as Message[], refuse);
  const { max_tokens, max_completion_tokens } = request;
  if (max_tokens != null && max_completion_tokens != null && max_tokens !== max_completion_tokens) {
    refuse(["max_tokens"], "Expected max_completion_tokens or max_tokens, got both");
  }
}).meta(component("ChatCompletionRequest"));

export type ChatCompletionRequest = z.output<typeof chatCompletionSchema>;

function knownTexts(messages: readonly Message[], refuse: Refuse): void {
  messages.forEach((message, index) => {
    // What is no message is refused by its own schema, and looked at here all the same.
    const { role, content, audio } = Object(message) as Message;
    // Many templates lay out any role, or leave its message out without a word.
    if (typeof role === "string" && role !== "" && !ROLES.includes(role)) {
      refuse(["messages", index, "role"], `Expected one of ${ROLES.join(", ")}, got ${JSON.stringify(role)}`);
    }
    if (audio != null) refuse(["messages", index, "audio"], "Expected no audio, which is not supported");
    if (!Array.isArray(content)) return;
    content.forEach((part, at) => {
      if (isText(part)) return;
      const { type } = Object(part) as { type?: unknown };
      refuse(
        ["messages", index, "content", at],
        `Expected a part of type text, got ${JSON.stringify(type) ?? "none"}`,
      );
    });
  });
}

/** A conversation as chat templates know them: texts of parts as one, and `developer` is the newer name of `system`. */
export function templateMessages<M extends Message>(messages: readonly M[]): M[] {
  return messages.map((message) => {
    const { role, content } = message;
    const text = Array.isArray(content)
      ? content.map((part) => (Object(part) as { text?: string }).text ?? "").join("")
      : content;
    return {
      ...message,
      role: role === "developer" ? "system" : role,
      ...("content" in message && { content: text }),
    };
  });
}

const likely = {
  token: z.string().describe("Its text; its bytes, as <0xF0>, where they are none."),
  bytes: z.array(z.int()).describe("Its text in UTF-8, of which it may be a part."),
  logprob: z.number().describe("At the request's temperature, at 1 where that is 0."),
};

const tokenSchema = z.object({
  ...likely,
  top_logprobs: z.array(z.object(likely)).describe("Always empty."),
}).meta(component("ChatToken"));

export type ChatToken = z.output<typeof tokenSchema>;

const logprobsSchema = z.object({
  content: z.array(tokenSchema).describe("Each token."),
  refusal: z.null().describe("Always null."),
}).nullable()
  .meta({ ...component("ChatLogprobs"), description: "Null where the request does not ask." });

const finishReason = z.enum(["stop", "length"]).describe(
  "stop: a token or a text ended it; length: the bound or the context did.",
);
const head = {
  id: z.string().describe("Of the request, for the log."),
  created: z.int().describe("Seconds since 1970."),
  model: z.string().describe("As the request names it."),
};

/** The answer. */
export const chatCompletionAnswerSchema = z.object({
  ...head,
  object: z.literal("chat.completion").describe("What this is."),
  choices: z.array(z.object({
    index: z.int().describe("Which completion it is, from 0."),
    message: z.object({
      role: z.literal("assistant").describe("Who says it."),
      content: z.string().describe("What was answered."),
      refusal: z.null().describe("Always null."),
    }).describe("The answer."),
    logprobs: logprobsSchema,
    finish_reason: finishReason,
  })).describe("The completions."),
  usage: openaiUsage,
}).meta(component("ChatCompletion"));

/** Each event of a streamed answer. */
export const chatChunkSchema = z.object({
  ...head,
  object: z.literal("chat.completion.chunk").describe("What this is."),
  choices: z.array(z.object({
    index: z.int().describe("Which completion it is, from 0."),
    delta: z.object({
      role: z.literal("assistant").optional().describe("In the first piece."),
      content: z.string().optional().describe("What is to be appended."),
    }).describe("What is new of the answer."),
    logprobs: logprobsSchema,
    finish_reason: finishReason.nullable().describe("As in an answer; null until the last piece."),
  })).describe("A piece of one completion; none beside usage."),
  usage: openaiUsage.nullable().optional().describe("In the last event, where the request asks for it."),
}).meta(component("ChatCompletionChunk"));

export type ChatCompletion = z.output<typeof chatCompletionAnswerSchema>;
export type ChatChunk = z.output<typeof chatChunkSchema>;
export type ChatLogprobs = z.output<typeof logprobsSchema>;

/** The generation that a chat completion asks for. */
export function chatGenerationOf(
  request: ChatCompletionRequest,
  named: Pick<GenerationRequest, "model" | "checkpoint">,
): GenerationRequest {
  const { chat_template_kwargs } = request;
  return {
    ...named,
    adapter: null,
    prompts: [{
      messages: templateMessages(request.messages as unknown as Message[]),
      ...(chat_template_kwargs && { chat_template_kwargs }),
    }] as unknown as GenerationRequest["prompts"],
    ...samplingOf(request),
    max_new_tokens: request.max_completion_tokens ?? request.max_tokens ?? DEFAULT_NEW_TOKENS,
    logprobs: request.logprobs,
  };
}

/** What it asks for besides. */
export function chatExtrasOf(
  { logprobs, max_completion_tokens, max_tokens }: ChatCompletionRequest,
): GenerationExtras {
  return { tokens: logprobs, fit_context: (max_completion_tokens ?? max_tokens ?? null) === null };
}
