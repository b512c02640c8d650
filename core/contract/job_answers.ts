/** How a training job and what belongs to it look in answers and webhooks. */
import { z } from "zod";
import { component } from "./component.ts";
import { ERROR_CODES } from "../errors.ts";
import { evaluationResultSchema } from "./evaluation_result.ts";
import { jobConfigSchema } from "./job_config.ts";
import { jobPlanSchema } from "./job_plan.ts";
import { jobRowsSchema } from "./job_rows.ts";
import { JOB_STATUSES } from "./job_states.ts";
import { metricsSchema, progressSchema } from "./progress.ts";
import { time } from "./time.ts";
import { JOB_KINDS } from "./training_job.ts";
import { stoppedSchema } from "./training_events.ts";

/** Why a job, or an attempt of one, came to an end or waits. */
export const jobErrorSchema = z.object({
  code: z.enum(ERROR_CODES).describe("For programs; docs/api.md lists them."),
  detail: z.string().describe("For people."),
}).meta({ ...component("JobError"), description: "Why something ended or waits" });

/** An engine process that was started for a job. */
export const attemptSchema = z.object({
  attempt: z.int().describe("From 1."),
  started_at: time.describe("When its engine process was started."),
  ended_at: time.nullable().describe("Null while it runs."),
  error: jobErrorSchema.nullable().describe(
    "Null while it runs, and where it ended with all steps done, by a pause, or because the server stopped.",
  ),
}).meta(component("Attempt"));

export type Attempt = z.output<typeof attemptSchema>;

/** What is done. */
export const jobKindSchema = z.enum(JOB_KINDS).meta({
  ...component("JobKind"),
  description: "What is done: PPO, supervised fine-tuning, training a reward model, or an evaluation.",
});

export const jobStatusSchema = z.enum(JOB_STATUSES).meta({
  ...component("JobStatus"),
  description:
    "Where the job is in its life; succeeded, failed and cancelled are final. docs/jobs.md has who sets each.",
});

export const jobSchema = z.object({
  id: z.string().describe("Names the job in paths."),
  kind: jobKindSchema,
  status: jobStatusSchema,
  model: z.string().describe("The model that is trained or evaluated."),
  config: jobConfigSchema,
  rows: jobRowsSchema.describe("What the job works on; GET …/rows reads them."),
  progress: progressSchema,
  latest_metrics: metricsSchema.nullable().describe("Of the last step."),
  error: jobErrorSchema.nullable().describe("Why it failed; null unless it did."),
  status_reason: jobErrorSchema.nullable().describe("Why the job waits, or was paused by the server."),
  attempts: z.array(attemptSchema).describe("The last 50, oldest first."),
  checkpoint: z.string().nullable().describe("Id of the last one."),
  best_checkpoint: z.string().nullable().describe(
    "Id of the one that is best by keep.best_by, or else by early_stop.metric; null where neither is set.",
  ),
  stopped: stoppedSchema.nullable().describe(
    "Why the job ended before its last step, succeeded all the same; null where it did not.",
  ),
  result: evaluationResultSchema.nullable().describe("What an evaluation came to; null for other kinds."),
  created_at: time.describe("When it was asked for."),
  started_at: time.nullable().describe("When its first attempt began."),
  finished_at: time.nullable().describe("When it came to its end."),
  metadata: z.record(z.string(), z.string()).describe("The request's own texts."),
}).meta({ ...component("TrainingJob"), description: "A job and where it is" });

export type JobView = z.output<typeof jobSchema>;

export const dryRunSchema = z.object({
  config: jobConfigSchema,
  rows: jobRowsSchema,
  plan: jobPlanSchema,
}).meta(component("DryRun"));

/** One step's or epoch's metrics, flat. */
export const jobMetricsSchema = z.object({
  step: z.int().describe(
    "From 1; in rows of epochs the epoch's last, in those of evaluations the one before it, 0 before the first step.",
  ),
  epoch: z.int().describe("From 1; 0 before the first step."),
}).catchall(z.number()).meta(component("StepMetrics"));

export type MetricsView = z.output<typeof jobMetricsSchema>;
