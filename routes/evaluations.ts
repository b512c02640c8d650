/** Evaluations by a name of their own: each is a training job of that kind. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { evaluationRequestSchema } from "../core/contract/evaluation_job.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonBody } from "./json_body.ts";
import { startJob, startRequest, startResponses } from "./start_job.ts";

const create = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/evaluations",
    tags: ["Training jobs"],
    summary: "Evaluate a model, a checkpoint or an adapter: a training job of kind evaluation",
    middleware: [jsonBody(context, evaluationRequestSchema)] as const,
    request: {
      ...startRequest,
      body: { required: true, content: { "application/json": { schema: evaluationRequestSchema } } },
    },
    responses: startResponses,
  });

/** The evaluations' route. */
export function evaluations(context: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(
    create(context),
    async (c) =>
      await startJob(context, c, c.req.valid("json"), {
        dryRun: c.req.valid("query").dry_run === "true",
        header: c.req.valid("header")["idempotency-key"],
      }),
  );
}
