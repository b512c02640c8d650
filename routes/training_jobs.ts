/** Training jobs: create, check, list, show, cancel, pause, resume, delete. What belongs to a job has files of its own. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { getJob, listJobs } from "../core/jobs/job_queries.ts";
import { JOB_STATUSES } from "../core/contract/job_states.ts";
import { jobView } from "../core/jobs/job_view.ts";
import { JOB_KINDS, trainingJobSchema } from "../core/contract/training_job.ts";
import { clonedBody, CLONES, cloneSchema, CLONING } from "./cloned_body.ts";
import type { AppContext, Env } from "./context.ts";
import { jobSchema } from "../core/contract/job_answers.ts";
import { JOB_EXAMPLES } from "./job_examples.ts";
import { jsonBody } from "./json_body.ts";
import { jsonContent, jsonRequest } from "./json_content.ts";
import { metadataFilter, timeFilters } from "./list_filters.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { dryRun, dryRunResponses, startHeaders, startJob, startQuery, startResponses } from "./start_job.ts";

export const jobParams = z.object({
  id: z.string().max(100).openapi({ description: "Which job, by its id.", example: "job_01k0…" }),
});

const create = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/training-jobs",
    tags: ["Training jobs"],
    operationId: "createTrainingJob",
    ...CLONES,
    summary: "Start a training job",
    description:
      `The job is checked, stored and queued; the answer has its configuration with every default filled in. Follow it by its events, or ask for it again until its status is final. ${CLONING}`,
    middleware: [
      startQuery,
      jsonBody(context, trainingJobSchema),
      clonedBody(context, trainingJobSchema),
    ] as const,
    request: { headers: startHeaders, body: jsonRequest(trainingJobSchema, JOB_EXAMPLES) },
    responses: startResponses,
  });

const check = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/training-jobs/dry-run",
    tags: ["Training jobs"],
    operationId: "dryRunTrainingJob",
    ...CLONES,
    summary: "Say what a training job would be and need, and create nothing",
    description:
      "Takes what POST /v1/training-jobs takes, refuses what that refuses, and answers the configuration with every default filled in, the steps, and an estimate of memory and time.",
    middleware: [jsonBody(context, trainingJobSchema), clonedBody(context, trainingJobSchema)] as const,
    request: { query: z.strictObject({}), body: jsonRequest(trainingJobSchema, JOB_EXAMPLES) },
    responses: dryRunResponses,
  });

const list = createRoute({
  method: "get",
  path: "/v1/training-jobs",
  tags: ["Training jobs"],
  operationId: "listTrainingJobs",
  summary: "List training jobs, newest first",
  description: "Jobs of all kinds, a page at a time.",
  request: {
    query: z.strictObject({
      status: z.enum(JOB_STATUSES).optional().describe("Only jobs of this status."),
      kind: z.enum(JOB_KINDS).optional().describe("Only jobs of this kind."),
      model: z.string().min(1).max(255).optional().openapi({ description: "Only jobs of this model." }),
      metadata: metadataFilter,
      ...timeFilters,
      limit: limitParam(100, 20),
      after: afterId("job"),
    }),
  },
  responses: {
    200: { description: "A page of jobs", content: jsonContent(pageSchema(jobSchema)) },
    ...problemResponses(401, 422, 500, 503),
  },
});

const show = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}",
  tags: ["Training jobs"],
  operationId: "getTrainingJob",
  summary: "Show a training job",
  description: "Status, progress, configuration, the last step's metrics and, once it is over, how it ended.",
  request: { params: jobParams },
  responses: {
    200: { description: "The job", content: jsonContent(jobSchema) },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

const cancel = createRoute({
  method: "post",
  path: "/v1/training-jobs/{id}/cancel",
  tags: ["Training jobs"],
  operationId: "cancelTrainingJob",
  summary: "Cancel a training job",
  description:
    "A queued or paused job ends at once, a running one at the end of what it computes; a job that is over is refused with 409.",
  request: { params: jobParams },
  responses: {
    202: { description: "The job, cancelled or about to be", content: jsonContent(jobSchema) },
    ...problemResponses(401, 404, 409, 422, 503),
  },
});

const pause = createRoute({
  method: "post",
  path: "/v1/training-jobs/{id}/pause",
  tags: ["Training jobs"],
  operationId: "pauseTrainingJob",
  summary: "Pause a training job after its step, with a checkpoint",
  description:
    "A running job finishes its step and writes a checkpoint to continue from; a queued one is paused at once.",
  request: { params: jobParams },
  responses: {
    202: { description: "The job, paused or about to be", content: jsonContent(jobSchema) },
    ...problemResponses(401, 404, 409, 422, 503),
  },
});

const resume = createRoute({
  method: "post",
  path: "/v1/training-jobs/{id}/resume",
  tags: ["Training jobs"],
  operationId: "resumeTrainingJob",
  summary: "Give a paused training job back to the queue, to continue where it was",
  description:
    "It continues from its newest checkpoint, and ends with the bytes that it would have ended with.",
  request: { params: jobParams },
  responses: {
    202: { description: "The queued job", content: jsonContent(jobSchema) },
    ...problemResponses(401, 404, 409, 422, 503),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/training-jobs/{id}",
  tags: ["Training jobs"],
  operationId: "deleteTrainingJob",
  summary: "Delete a training job that is over, with its checkpoints and everything else of it",
  description:
    "Rows, metrics, events, records and checkpoints go with it. A job that is not over is refused with 409.",
  request: { params: jobParams },
  responses: {
    204: { description: "It is gone" },
    ...problemResponses(401, 404, 409, 422, 500, 503),
  },
});

/** The training jobs' routes. */
export function trainingJobs(context: AppContext): OpenAPIHono<Env> {
  const { db, supervisor } = context;
  const app = new OpenAPIHono<Env>();
  app.openAPIRegistry.register("TrainingJobClone", cloneSchema);

  app.openapi(
    create(context),
    async (c) => await startJob(context, c, c.req.valid("json"), c.req.valid("header")["idempotency-key"]),
  );

  app.openapi(check(context), async (c) => await dryRun(context, c, c.req.valid("json")));

  app.openapi(list, async (c) => {
    const page = await listJobs(db, c.req.valid("query"));
    return c.json(pageBody(page, jobView, (row) => row.id), 200);
  });

  app.openapi(show, async (c) => {
    return c.json(jobView(await getJob(db, c.req.valid("param").id)), 200);
  });

  app.openapi(cancel, async (c) => c.json(jobView(await supervisor.cancel(c.req.valid("param").id)), 202));
  app.openapi(pause, async (c) => c.json(jobView(await supervisor.pause(c.req.valid("param").id)), 202));
  app.openapi(resume, async (c) => c.json(jobView(await supervisor.resume(c.req.valid("param").id)), 202));

  app.openapi(remove, async (c) => {
    await supervisor.delete(c.req.valid("param").id);
    return c.body(null, 204);
  });

  return app;
}
