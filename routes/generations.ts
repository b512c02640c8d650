/** Text from a model or checkpoint, made by the serving engine. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { newId } from "../core/db/new_id.ts";
import { generationSchema } from "../core/engine/requests.ts";
import { resolveFolders } from "../core/jobs/resolve_folders.ts";
import type { AppContext, Env } from "./context.ts";
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
      200: { description: "The texts", content: { "application/json": { schema: answerSchema } } },
      ...problemResponses(400, 401, 413, 415, 422, 503),
    },
  });

/** The generations' route. */
export function generations(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route(context), async (c) => {
    const request = c.req.valid("json");
    const folders = await resolveFolders(context, request);
    const { data, usage } = await context.serving.request(
      { type: "generate", request, folders },
      c.req.raw.signal,
    );
    const { model, checkpoint } = request;
    return c.json({ id: newId("generation"), model, checkpoint, data, usage }, 200);
  });
}
