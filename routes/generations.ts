/** Text from a model or checkpoint, made by the serving engine. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { newId } from "../core/db/new_id.ts";
import { generationSchema } from "../core/engine/requests.ts";
import { resolveFolders } from "../core/jobs/resolve_folders.ts";
import type { AppContext, Env } from "./context.ts";
import { generationEvents, type GenerationForms } from "./generation_events.ts";
import { jsonBody } from "./json_body.ts";
import { problemResponses } from "./problem.ts";

const answerSchema = z.object({
  id: z.string(),
  model: z.string(),
  checkpoint: z.string().nullable(),
  data: z.array(z.object({
    prompt_index: z.int(),
    index: z.int(),
    text: z.string(),
    token_ids: z.array(z.int()),
    finish_reason: z.enum(["stop", "length"]),
    logprobs: z.array(z.number()).optional(),
  })),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }),
}).openapi("Generations");

const route = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/generations",
    tags: ["Inference"],
    summary: "Generate text",
    middleware: [jsonBody(context.max_body_bytes)] as const,
    request: { body: { required: true, content: { "application/json": { schema: generationSchema } } } },
    responses: {
      200: {
        description:
          "The texts; with stream, events: `delta` with a piece of one of them (the last has its " +
          "finish_reason), `usage`, then [DONE], or `error` with a problem",
        content: {
          "application/json": { schema: answerSchema },
          "text/event-stream": { schema: z.string() },
        },
      },
      ...problemResponses(400, 401, 413, 415, 422, 503),
    },
  });

/** The events of a streamed answer. */
function forms(answer: Record<string, unknown>): GenerationForms {
  const event = (event: string, data: unknown) => ({ event, data: JSON.stringify(data) });
  return {
    delta: (delta) => event("delta", delta),
    usage: (usage) => event("usage", { ...answer, usage }),
    error: (problem) => event("error", problem),
  };
}

/** The generations' route. */
export function generations(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route(context), async (c) => {
    const request = c.req.valid("json");
    const folders = await resolveFolders(context, request);
    const command = { type: "generate", request, folders } as const;
    const answer = { id: newId("generation"), model: request.model, checkpoint: request.checkpoint };
    if (request.stream) return await generationEvents(c, context, command, forms(answer)) as never;
    const { data, usage } = await context.serving.request(command, c.req.raw.signal);
    return c.json({ ...answer, data, usage }, 200);
  });
}
