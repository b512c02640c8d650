/** Evaluations by a name of their own: each is a training job of that kind. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { evaluationRequestSchema } from "../core/contract/evaluation_job.ts";
import { clonedBody, CLONES, CLONING } from "./cloned_body.ts";
import type { AppContext, Env } from "./context.ts";
import { EVALUATION_EXAMPLES } from "./job_examples.ts";
import { jsonBody } from "./json_body.ts";
import { jsonRequest } from "./json_content.ts";
import { dryRun, dryRunResponses, startHeaders, startJob, startQuery, startResponses } from "./start_job.ts";

const cloned = (context: AppContext) => clonedBody(context, evaluationRequestSchema, "evaluation");

const create = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/evaluations",
    tags: ["Training jobs"],
    operationId: "createEvaluation",
    ...CLONES,
    summary: "Evaluate a model, a checkpoint or an adapter: a training job of kind evaluation",
    description:
      `Prompts are answered, scored, and compared with what the base or another checkpoint answers. The job's result says what came of it. ${CLONING}`,
    middleware: [startQuery, jsonBody(context, evaluationRequestSchema), cloned(context)] as const,
    request: { headers: startHeaders, body: jsonRequest(evaluationRequestSchema, EVALUATION_EXAMPLES) },
    responses: startResponses,
  });

const check = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/evaluations/dry-run",
    tags: ["Training jobs"],
    operationId: "dryRunEvaluation",
    ...CLONES,
    summary: "Say what an evaluation would be and need, and create nothing",
    description:
      "Takes what POST /v1/evaluations takes, refuses what that refuses, and answers the configuration with every default filled in, the steps, and an estimate of memory and time.",
    middleware: [jsonBody(context, evaluationRequestSchema), cloned(context)] as const,
    request: { query: z.strictObject({}), body: jsonRequest(evaluationRequestSchema, EVALUATION_EXAMPLES) },
    responses: dryRunResponses,
  });

/** The evaluations' routes. */
export function evaluations(context: AppContext): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  app.openapi(
    create(context),
    async (c) => await startJob(context, c, c.req.valid("json"), c.req.valid("header")["idempotency-key"]),
  );
  app.openapi(check(context), async (c) => await dryRun(context, c, c.req.valid("json")));
  return app;
}
