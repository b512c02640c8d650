/** Text from a model or checkpoint, made by the serving engine. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { newId } from "../core/db/new_id.ts";
import type { ModelFolders } from "../core/contract/protocol.ts";
import { component } from "../core/contract/component.ts";
import {
  GENERATION_EVENTS,
  generationAnswerSchema,
  type GenerationRequest,
  generationSchema,
} from "../core/contract/generation.ts";
import { policyNames } from "../core/contract/policy_names.ts";
import { within } from "../core/errors.ts";
import { withoutFineTunedNames } from "../core/jobs/fine_tuned_names.ts";
import { resolveFolders } from "../core/jobs/resolve_folders.ts";
import { asker } from "./asker.ts";
import type { AppContext, Env } from "./context.ts";
import { eventStreamContent } from "./event_stream_content.ts";
import { generationEvents, type GenerationForms } from "./generation_events.ts";
import { jsonBody } from "./json_body.ts";
import { jsonRequest } from "./json_content.ts";
import { problemResponses, problemSchema } from "./problem.ts";
import { undescribed } from "./undescribed.ts";

const EXAMPLES = {
  text: {
    summary: "Two completions of a text",
    value: {
      model: "tiny",
      prompts: ["POST: The bakery stopped making the bread I like.\nTL;DR:"],
      n: 2,
      max_new_tokens: 24,
    },
  },
  stream: {
    summary: "The same as events",
    value: { model: "tiny", prompts: ["POST: My neighbor plays the drums.\nTL;DR:"], stream: true },
  },
};

/** What `data` of a stream's events holds, but for the [DONE] at its end. */
const eventData = z.union([GENERATION_EVENTS.delta, GENERATION_EVENTS.usage, problemSchema])
  .meta({ ...component("GenerationEventData"), description: "Of delta, usage and error, in this order" });

const route = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/generations",
    tags: ["Inference"],
    operationId: "createGeneration",
    summary: "Generate text",
    description:
      "Completions of prompts by a model, a checkpoint or an adapter. The same seed gives the same text, whatever else the server does.",
    middleware: [jsonBody(context, generationSchema)] as const,
    request: { body: jsonRequest(generationSchema, EXAMPLES) },
    responses: {
      200: {
        description:
          "The texts; with stream, events: `delta` with a piece of one of them (the last has its " +
          "finish_reason), `usage`, then [DONE], or `error` with a problem",
        content: {
          "application/json": { schema: generationAnswerSchema },
          ...eventStreamContent(eventData),
        },
      },
      ...problemResponses(400, 401, 413, 415, 422, 503),
    },
  });

/** The events of a streamed answer. */
function forms(answer: Record<string, unknown>): GenerationForms {
  const event = (event: string, data: unknown) => ({ event, data: JSON.stringify(data) });
  return {
    delta: (delta) => [event("delta", delta)],
    usage: (usage) => event("usage", { ...answer, usage }),
    error: (problem) => event("error", problem),
  };
}

/** Where each prompt's policy is, if any prompt names its own. */
async function foldersOfPrompts(
  context: AppContext,
  request: GenerationRequest,
): Promise<ModelFolders[] | undefined> {
  const ofRequest = policyNames(request, "");
  const names = request.prompts.map((prompt) => policyNames(request, prompt));
  if (names.every((own) => own.checkpoint === ofRequest.checkpoint && own.adapter === ofRequest.adapter)) {
    return;
  }
  const known = new Map<string, ModelFolders>();
  for (const [index, own] of names.entries()) {
    const key = JSON.stringify(own);
    if (known.has(key)) continue;
    try {
      known.set(key, await resolveFolders(context, { model: request.model, ...own }));
    } catch (thrown) {
      throw within(`prompts.${index}`, thrown);
    }
  }
  return names.map((own) => known.get(JSON.stringify(own))!);
}

/** The generations' route. */
export function generations(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route(context), async (c) => {
    const asked = c.req.valid("json");
    const request = await withoutFineTunedNames(context.db, asked);
    const command = {
      ...{ type: "generate", request } as const,
      folders: await resolveFolders(context, request),
      each: await foldersOfPrompts(context, request),
    };
    const { model, checkpoint, adapter } = asked;
    const answer = { id: newId("generation"), model, checkpoint, adapter };
    if (request.stream) return undescribed(await generationEvents(c, context, command, forms(answer)));
    const { data, usage } = await context.serving.request(command, asker(c));
    return c.json({ ...answer, data, usage }, 200);
  });
}
