/** POST /v1/chat/completions: a generation for a conversation, as OpenAI's clients ask for one and read it. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import {
  type ChatChunk,
  chatChunkSchema,
  type ChatCompletion,
  chatCompletionAnswerSchema,
  type ChatCompletionRequest,
  chatCompletionSchema,
  chatExtrasOf,
  chatGenerationOf,
  type ChatLogprobs,
  type ChatToken,
} from "../../core/contract/chat_completion.ts";
import type { GenerationDelta, GenerationResult } from "../../core/contract/generation.ts";
import { usageOf } from "../../core/contract/openai_fields.ts";
import { component } from "../../core/contract/component.ts";
import { newId } from "../../core/db/new_id.ts";
import { withFields } from "../../core/errors.ts";
import { resolveFolders } from "../../core/jobs/resolve_folders.ts";
import { asker } from "../asker.ts";
import type { AppContext, Env } from "../context.ts";
import { eventStreamContent } from "../event_stream_content.ts";
import { generationEvents, type GenerationForms } from "../generation_events.ts";
import { jsonBody } from "../json_body.ts";
import { jsonRequest } from "../json_content.ts";
import { undescribed } from "../undescribed.ts";
import { askedModel } from "./asked_model.ts";
import { MODEL_STATUSES, openaiError, openaiErrorResponses, openaiErrorSchema } from "./errors.ts";
import { openaiId } from "./ids.ts";
import { unixSeconds } from "./unix_time.ts";

const EXAMPLES = {
  question: {
    summary: "A question",
    value: {
      model: "tiny",
      messages: [{ role: "user", content: "The bakery stopped making the bread I like." }],
      max_tokens: 24,
    },
  },
};

/** What `data` of a stream's events holds, but for the [DONE] at its end. */
const eventData = z.union([chatChunkSchema, openaiErrorSchema])
  .meta({ ...component("ChatCompletionEventData"), description: "A piece, or what went wrong" });

const route = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/chat/completions",
    tags: ["Inference"],
    operationId: "createChatCompletion",
    summary: "Answer a conversation, as OpenAI's chat completions",
    description:
      "For programs that speak OpenAI's chat completions. The model's own chat template lays the messages out.",
    middleware: [jsonBody(context, chatCompletionSchema)] as const,
    request: { body: jsonRequest(chatCompletionSchema, EXAMPLES) },
    responses: {
      200: {
        description:
          "The answers; with stream, events that each hold a chat.completion.chunk with pieces of them, then [DONE]",
        content: {
          "application/json": { schema: chatCompletionAnswerSchema },
          ...eventStreamContent(eventData),
        },
      },
      ...openaiErrorResponses([400, 401, 403, 404, 413, 415, 429, 503], { statuses: MODEL_STATUSES }),
    },
  });

const utf8 = new TextEncoder();

/**
 * The tokens of a text with their log-probabilities. What is not in the text is not told of: a token that ended it, and
 * what a stop string has cut.
 *
 * @param end UTF-16 units of the text so far, this piece included
 */
function tokensOf(piece: GenerationDelta | GenerationResult["data"][number], end: number): ChatToken[] {
  const { tokens = [], token_bytes = [], text_offsets = [], logprobs = [] } = piece;
  const inText = (at: number) => text_offsets[at]! < end || piece.finish_reason === null;
  return tokens.flatMap((token, at): ChatToken[] => {
    if (!inText(at)) return [];
    const bytes = token_bytes[at] ? Uint8Array.fromHex(token_bytes[at]) : utf8.encode(token);
    return [{ token, bytes: [...bytes], logprob: logprobs[at]!, top_logprobs: [] }];
  });
}

const logprobsOf = (content: ChatToken[]): ChatLogprobs => ({ content, refusal: null });

type Head = Pick<ChatChunk, "id" | "created" | "model">;

function forms(request: ChatCompletionRequest, head: Head): GenerationForms {
  const include_usage = request.stream_options?.include_usage ?? false;
  const data = (body: unknown) => ({ data: JSON.stringify(body) });
  const chunk = (choices: ChatChunk["choices"], usage: ChatChunk["usage"] = null) => {
    const body: ChatChunk = { ...head, object: "chat.completion.chunk", choices };
    return data({ ...body, ...(include_usage && { usage }) });
  };
  /** Length of each choice's text so far. */
  const lengths = new Map<number, number>();
  return {
    delta: (piece) => {
      const { index, text, finish_reason } = piece;
      const before = lengths.get(index);
      const end = (before ?? 0) + text.length;
      lengths.set(index, end);
      const tokens = request.logprobs ? tokensOf(piece, end) : [];
      const made = (delta: ChatChunk["choices"][0]["delta"], logprobs: ChatLogprobs = null) =>
        chunk([{ index, delta, logprobs, finish_reason: null }]);
      return [
        ...(before === undefined ? [made({ role: "assistant", content: "" })] : []),
        ...(text !== "" || tokens.length > 0
          ? [made({ content: text }, request.logprobs ? logprobsOf(tokens) : null)]
          : []),
        // By itself: many a reader stops there, and reads no text of it.
        ...(finish_reason ? [chunk([{ index, delta: {}, logprobs: null, finish_reason }])] : []),
      ];
    },
    usage: (usage) => include_usage ? chunk([], usageOf(usage)) : null,
    error: (problem) => ({ event: "error", ...data(openaiError(problem).body) }),
  };
}

/** The same error with the names that this request has for what a generation calls otherwise. */
function renamed(thrown: unknown): unknown {
  return withFields(thrown, (path) => {
    if (path === "max_new_tokens") return "max_completion_tokens";
    return path.replace(/^prompts\.0\.(messages|chat_template_kwargs)/, "$1").replace(
      /^prompts(\.0)?$/,
      "messages",
    );
  });
}

/** The chat completions' route. */
export function chatCompletions(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route(context), async (c) => {
    const request = c.req.valid("json");
    const head: Head = {
      id: openaiId("chat_completion", newId("chat_completion")),
      created: unixSeconds(new Date()),
      model: request.model,
    };
    try {
      const generation = chatGenerationOf(request, await askedModel(context, request.model));
      const folders = await resolveFolders(context, generation);
      const extras = chatExtrasOf(request);
      const command = { ...{ type: "generate", request: generation, folders } as const, extras };
      if (request.stream) {
        return undescribed(await generationEvents(c, context, command, forms(request, head)));
      }
      const { data, usage } = await context.serving.request(command, asker(c));
      const choices = data.map((one): ChatCompletion["choices"][number] => ({
        index: one.index,
        message: { role: "assistant", content: one.text, refusal: null },
        logprobs: request.logprobs ? logprobsOf(tokensOf(one, one.text.length)) : null,
        finish_reason: one.finish_reason,
      }));
      return c.json({ ...head, object: "chat.completion" as const, choices, usage: usageOf(usage) }, 200);
    } catch (thrown) {
      throw renamed(thrown);
    }
  });
}
