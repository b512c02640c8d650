/** Log-probabilities, KL, values and rewards of given completions, from the serving engine. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { scoreResultSchema, scoreSchema } from "../core/contract/score.ts";
import { resolveFolders } from "../core/jobs/resolve_folders.ts";
import { asker } from "./asker.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonBody } from "./json_body.ts";
import { problemResponses } from "./problem.ts";

const route = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/scores",
    tags: ["Inference"],
    summary: "Score completions",
    middleware: [jsonBody(context, scoreSchema)] as const,
    request: { body: { required: true, content: { "application/json": { schema: scoreSchema } } } },
    responses: {
      200: {
        description: "One score per item",
        content: { "application/json": { schema: scoreResultSchema } },
      },
      ...problemResponses(400, 401, 413, 415, 422, 503),
    },
  });

/** The scores' route. */
export function scores(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route(context), async (c) => {
    const request = c.req.valid("json");
    const folders = await resolveFolders(context, request);
    const { data } = await context.serving.request({ type: "score", request, folders }, asker(c));
    return c.json({ data }, 200);
  });
}
