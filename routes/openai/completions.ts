/**
 * POST /v1/completions: the generations' route for programs that speak OpenAI's legacy completions. Nothing is done
 * here that a generation cannot.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { component } from "../../core/contract/component.ts";
import { newId } from "../../core/db/new_id.ts";
import type { GenerationDelta, GenerationResult } from "../../core/contract/generation.ts";
import { usageOf } from "../../core/contract/openai_fields.ts";
import { withFields } from "../../core/errors.ts";
import { resolveFolders } from "../../core/jobs/resolve_folders.ts";
import {
  type Completion,
  completionAnswerSchema,
  type CompletionRequest,
  completionSchema,
  extrasOf,
  generationOf,
} from "../../core/contract/completion.ts";
import { asker } from "../asker.ts";
import type { AppContext, Env } from "../context.ts";
import { eventStreamContent } from "../event_stream_content.ts";
import { generationEvents, type GenerationForms } from "../generation_events.ts";
import { jsonBody } from "../json_body.ts";
import { jsonRequest } from "../json_content.ts";
import { askedModel } from "./asked_model.ts";
import { openaiId } from "./ids.ts";
import { unixSeconds } from "./unix_time.ts";
import { MODEL_STATUSES, openaiError, openaiErrorResponses, openaiErrorSchema } from "./errors.ts";
import { undescribed } from "../undescribed.ts";

const EXAMPLES = {
  text: {
    summary: "A completion of a text",
    value: {
      model: "tiny",
      prompt: "POST: The bakery stopped making the bread I like.\nTL;DR:",
      max_tokens: 24,
    },
  },
};

/** What `data` of a stream's events holds, but for the [DONE] at its end. */
const eventData = z.union([completionAnswerSchema, openaiErrorSchema])
  .meta({ ...component("CompletionEventData"), description: "A piece, or what went wrong" });

const route = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/completions",
    tags: ["Inference"],
    operationId: "createCompletion",
    summary: "Generate text, as OpenAI's legacy completions",
    description:
      "For programs that speak OpenAI's legacy completions. Nothing is done here that a generation cannot.",
    middleware: [jsonBody(context, completionSchema)] as const,
    request: { body: jsonRequest(completionSchema, EXAMPLES) },
    responses: {
      200: {
        description:
          "The texts; with stream, events that each hold a Completion with pieces of them, then [DONE]",
        content: {
          "application/json": { schema: completionAnswerSchema },
          ...eventStreamContent(eventData),
        },
      },
      ...openaiErrorResponses([400, 401, 403, 404, 413, 415, 429, 503], { statuses: MODEL_STATUSES }),
    },
  });

type Choice = Completion["choices"][number];

/** Tokens with their log-probabilities, and as many of the most likely ones in the place of each. */
interface Places {
  tokens: readonly string[];
  logprobs: readonly number[];
  top_tokens?: readonly string[];
  top_logprobs?: readonly number[];
}

/** The most likely tokens of each place by their texts, and its own; of two that are written alike, the likelier. */
function topOf({ tokens, logprobs, top_tokens = [], top_logprobs = [] }: Places): Record<string, number>[] {
  const count = top_tokens.length / tokens.length;
  return tokens.map((token, place) => {
    const top: Record<string, number> = {};
    for (let at = place * count; at < (place + 1) * count; at++) top[top_tokens[at]!] ??= top_logprobs[at]!;
    top[token] ??= logprobs[place]!;
    return top;
  });
}

/** @param before UTF-16 units of the choice's text in pieces before this one, if that is a prompt's */
function choiceOf(delta: Generated, { n, logprobs }: CompletionRequest, before: number): Choice {
  const { echo, prompt_index, index, finish_reason } = delta;
  const start = before + (echo?.text.length ?? 0);
  const numbers = () => {
    const sampled = { ...delta, tokens: delta.tokens ?? [], logprobs: delta.logprobs ?? [] };
    // Nothing comes before the first token of a prompt.
    const prompt = echo && { ...echo, tokens: echo.tokens.slice(1), logprobs: echo.logprobs ?? [] };
    return {
      tokens: [...echo?.tokens ?? [], ...sampled.tokens],
      token_logprobs: [...(prompt ? [null, ...prompt.logprobs] : []), ...sampled.logprobs],
      top_logprobs: logprobs === 0 ? null : [...(prompt ? [null, ...topOf(prompt)] : []), ...topOf(sampled)],
      text_offset: [...echo?.text_offsets ?? [], ...(delta.text_offsets ?? []).map((at) => start + at)],
    };
  };
  return {
    text: (echo?.text ?? "") + delta.text,
    index: prompt_index * n + index,
    logprobs: logprobs == null ? null : numbers(),
    finish_reason,
  };
}

/** A completion, or a piece of one. */
type Generated = GenerationDelta | GenerationResult["data"][number];

/** What every chunk and the whole answer begin with. */
type Head = Pick<Completion, "id" | "object" | "created" | "model">;

function forms(request: CompletionRequest, head: Head): GenerationForms {
  const data = (body: unknown) => ({ data: JSON.stringify(body) });
  const include_usage = request.stream_options?.include_usage ?? false;
  const noUsage = include_usage ? { usage: null } : {};
  /** Length of each choice's prompt, once its first piece is out. */
  const echoed = new Map<number, number>();
  return {
    delta: (delta) => {
      const place = delta.prompt_index * request.n + delta.index;
      const choice = choiceOf(delta, request, echoed.get(place) ?? 0);
      if (delta.echo) echoed.set(place, delta.echo.text.length);
      return [data({ ...head, choices: [choice], ...noUsage })];
    },
    usage: (usage) => include_usage ? data({ ...head, choices: [], usage: usageOf(usage) }) : null,
    error: (problem) => ({ event: "error", ...data(openaiError(problem).body) }),
  };
}

/** The same error with the names that this request has for what a generation calls otherwise. */
function renamed(thrown: unknown, { prompt }: CompletionRequest): unknown {
  const several = Array.isArray(prompt) && typeof prompt[0] !== "number";
  return withFields(
    thrown,
    (path) =>
      path.replace(/^prompts\.(\d+)/, several ? "prompt.$1" : "prompt").replace(/^prompts$/, "prompt"),
  );
}

/** The completions' route. */
export function completions(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route(context), async (c) => {
    const request = c.req.valid("json");
    const head: Head = {
      id: openaiId("completion", newId("completion")),
      object: "text_completion",
      created: unixSeconds(new Date()),
      model: request.model,
    };
    try {
      const generation = generationOf(request, await askedModel(context, request.model));
      const folders = await resolveFolders(context, generation);
      const extras = extrasOf(request);
      const command = { ...{ type: "generate", request: generation, folders } as const, extras };
      if (request.stream) {
        return undescribed(await generationEvents(c, context, command, forms(request, head)));
      }
      const { data, usage } = await context.serving.request(command, asker(c));
      const choices = data.map((one) => choiceOf(one, request, 0));
      return c.json({ ...head, choices, usage: usageOf(usage) }, 200);
    } catch (thrown) {
      throw renamed(thrown, request);
    }
  });
}
