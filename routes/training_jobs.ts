/** Training jobs: create, list, show, cancel, pause, resume, delete. What belongs to a job has files of its own. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { getJob, listJobs } from "../core/jobs/job_queries.ts";
import { JOB_STATUSES } from "../core/contract/job_states.ts";
import { jobView } from "../core/jobs/job_view.ts";
import { JOB_KINDS, trainingJobSchema } from "../core/contract/training_job.ts";
import type { AppContext, Env } from "./context.ts";
import { jobSchema } from "../core/contract/job_answers.ts";
import { jsonBody } from "./json_body.ts";
import { metadataFilter, timeFilters } from "./list_filters.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { startJob, startRequest, startResponses } from "./start_job.ts";

export const jobParams = z.object({ id: z.string().max(100).openapi({ example: "job_01k0…" }) });

const json = <T extends z.ZodType>(schema: T) => ({ "application/json": { schema } });

const create = (context: AppContext) =>
  createRoute({
    method: "post",
    path: "/v1/training-jobs",
    tags: ["Training jobs"],
    summary: "Start a training job, or check one with dry_run",
    middleware: [jsonBody(context, trainingJobSchema)] as const,
    request: { ...startRequest, body: { required: true, content: json(trainingJobSchema) } },
    responses: startResponses,
  });

const list = createRoute({
  method: "get",
  path: "/v1/training-jobs",
  tags: ["Training jobs"],
  summary: "List training jobs, newest first",
  request: {
    query: z.strictObject({
      status: z.enum(JOB_STATUSES).optional(),
      kind: z.enum(JOB_KINDS).optional(),
      model: z.string().min(1).max(255).optional().openapi({ description: "Only jobs of this model." }),
      metadata: metadataFilter,
      ...timeFilters,
      limit: limitParam(100, 20),
      after: afterId("job"),
    }),
  },
  responses: {
    200: { description: "A page of jobs", content: json(pageSchema(jobSchema)) },
    ...problemResponses(401, 422, 500, 503),
  },
});

const show = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}",
  tags: ["Training jobs"],
  summary: "Show a training job",
  request: { params: jobParams },
  responses: {
    200: { description: "The job", content: json(jobSchema) },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

const cancel = createRoute({
  method: "post",
  path: "/v1/training-jobs/{id}/cancel",
  tags: ["Training jobs"],
  summary: "Cancel a training job",
  request: { params: jobParams },
  responses: {
    202: { description: "The job, cancelled or about to be", content: json(jobSchema) },
    ...problemResponses(401, 404, 409, 422, 503),
  },
});

const pause = createRoute({
  method: "post",
  path: "/v1/training-jobs/{id}/pause",
  tags: ["Training jobs"],
  summary: "Pause a training job after its step, with a checkpoint",
  request: { params: jobParams },
  responses: {
    202: { description: "The job, paused or about to be", content: json(jobSchema) },
    ...problemResponses(401, 404, 409, 422, 503),
  },
});

const resume = createRoute({
  method: "post",
  path: "/v1/training-jobs/{id}/resume",
  tags: ["Training jobs"],
  summary: "Give a paused training job back to the queue, to continue where it was",
  request: { params: jobParams },
  responses: {
    202: { description: "The queued job", content: json(jobSchema) },
    ...problemResponses(401, 404, 409, 422, 503),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/training-jobs/{id}",
  tags: ["Training jobs"],
  summary: "Delete a training job that is over, with its checkpoints and everything else of it",
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

  app.openapi(create(context), async (c) =>
    await startJob(context, c, c.req.valid("json"), {
      dryRun: c.req.valid("query").dry_run === "true",
      header: c.req.valid("header")["idempotency-key"],
    }));

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
