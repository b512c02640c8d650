/**
 * POST /v1/completions: the generations' route for programs that speak OpenAI's legacy completions. Nothing is done
 * here that a generation cannot.
 */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { newId } from "../../core/db/new_id.ts";
import type { GenerationDelta, GenerationResult } from "../../core/contract/generation.ts";
import { invalid, withFields } from "../../core/errors.ts";
import { resolveFolders, resolveName } from "../../core/jobs/resolve_folders.ts";
import {
  type Completion,
  completionAnswerSchema,
  type CompletionRequest,
  completionSchema,
  generationOf,
} from "../../core/contract/completion.ts";
import { asker } from "../asker.ts";
import type { AppContext, Env } from "../context.ts";
import { eventStreamContent } from "../event_stream_content.ts";
import { generationEvents, type GenerationForms } from "../generation_events.ts";
import { jsonBody } from "../json_body.ts";
import { jsonRequest } from "../json_content.ts";
import { MODEL_STATUSES, openaiError, openaiErrorResponses } from "./errors.ts";
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
          "text/event-stream": eventStreamContent,
        },
      },
      ...openaiErrorResponses([400, 401, 403, 404, 413, 415, 429, 503], { statuses: MODEL_STATUSES }),
    },
  });

function choiceOf(delta: GenerationDelta, { n, logprobs }: CompletionRequest): Completion["choices"][number] {
  const { text, prompt_index, index, finish_reason, tokens = [], text_offsets = [] } = delta;
  const token_logprobs = delta.logprobs ?? [];
  // A greedy token is the most likely one.
  const top_logprobs = logprobs === 1 ? tokens.map((token, at) => ({ [token]: token_logprobs[at]! })) : null;
  return {
    text,
    index: prompt_index * n + index,
    logprobs: logprobs == null ? null : { tokens, token_logprobs, top_logprobs, text_offset: text_offsets },
    finish_reason,
  };
}

function usageOf({ prompt_tokens, completion_tokens }: GenerationResult["usage"]) {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** What every chunk and the whole answer begin with. */
type Head = Pick<Completion, "id" | "object" | "created" | "model">;

function forms(request: CompletionRequest, head: Head): GenerationForms {
  const data = (body: unknown) => ({ data: JSON.stringify(body) });
  const include_usage = request.stream_options?.include_usage ?? false;
  const noUsage = include_usage ? { usage: null } : {};
  return {
    delta: (delta) => data({ ...head, choices: [choiceOf(delta, request)], ...noUsage }),
    usage: (usage) => include_usage ? data({ ...head, choices: [], usage: usageOf(usage) }) : null,
    error: (problem) => ({ event: "error", ...data(openaiError(problem).body) }),
  };
}

/** The same error with the names that this request has for what a generation calls otherwise. */
function renamed(thrown: unknown, { prompt }: CompletionRequest): unknown {
  const several = Array.isArray(prompt) && typeof prompt[0] !== "number";
  return withFields(thrown, (path) => path.replace(/^prompts\.(\d+)/, several ? "prompt.$1" : "prompt"));
}

const NO_TEXT =
  "Expected a language model: the checkpoint is a reward model's, which gives scores and no text";

/** The completions' route. */
export function completions(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route(context), async (c) => {
    const request = c.req.valid("json");
    const head: Head = {
      id: newId("completion"),
      object: "text_completion",
      created: Math.floor(Date.now() / 1000),
      model: request.model,
    };
    try {
      const { isReward, ...names } = await resolveName(context, request.model);
      if (isReward) throw invalid("model", NO_TEXT, "unsupported_model");
      const generation = generationOf(request, names);
      const folders = await resolveFolders(context, generation);
      const command = {
        ...{ type: "generate", request: generation, folders } as const,
        tokens: request.logprobs != null,
      };
      if (request.stream) {
        return undescribed(await generationEvents(c, context, command, forms(request, head)));
      }
      const { data, usage } = await context.serving.request(command, asker(c));
      const choices = data.map((one) => choiceOf(one, request));
      return c.json({ ...head, choices, usage: usageOf(usage) }, 200);
    } catch (thrown) {
      throw renamed(thrown, request);
    }
  });
}
