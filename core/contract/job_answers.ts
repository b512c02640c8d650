/** How a training job and what belongs to it look in answers and webhooks. */
import { z } from "zod";
import { ERROR_CODES } from "../errors.ts";
import { evaluationResultSchema } from "./evaluation_result.ts";
import { JOB_EVENT_TYPES } from "./job_events.ts";
import { jobPlanSchema } from "./job_plan.ts";
import { jobRowsSchema } from "./job_rows.ts";
import { JOB_STATUSES } from "./job_states.ts";
import { metricsSchema, progressSchema } from "./progress.ts";
import { time } from "./time.ts";
import { JOB_KINDS } from "./training_job.ts";
import { stoppedSchema } from "./training_events.ts";

const errorSchema = z.object({ code: z.enum(ERROR_CODES), detail: z.string() });

/** An engine process that was started for a job. */
export const attemptSchema = z.object({
  attempt: z.int().describe("From 1."),
  started_at: time,
  ended_at: time.nullable(),
  error: errorSchema.nullable().describe(
    "Null while it runs, and where it ended with all steps done, by a pause, or because the server stopped.",
  ),
}).meta({ id: "Attempt" });

export type Attempt = z.output<typeof attemptSchema>;

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  status: z.enum(JOB_STATUSES),
  model: z.string(),
  config: z.record(z.string(), z.unknown()).describe(
    "The request with every default filled in, but for its rows. The webhook's secret is in the answer that created the job only.",
  ),
  rows: jobRowsSchema.describe("What the job works on; GET …/rows reads them."),
  progress: progressSchema,
  latest_metrics: metricsSchema.nullable().describe("Of the last step."),
  error: errorSchema.nullable(),
  status_reason: errorSchema.nullable().describe("Why the job waits, or was paused by the server."),
  attempts: z.array(attemptSchema).describe("The last 50, oldest first."),
  checkpoint: z.string().nullable().describe("Id of the last one."),
  best_checkpoint: z.string().nullable().describe(
    "Id of the one that is best by keep.best_by, or else by early_stop.metric; null where neither is set.",
  ),
  stopped: stoppedSchema.nullable().describe(
    "Why the job ended before its last step, succeeded all the same; null where it did not.",
  ),
  result: evaluationResultSchema.nullable().describe("What an evaluation came to; null for other kinds."),
  created_at: time,
  started_at: time.nullable(),
  finished_at: time.nullable(),
  metadata: z.record(z.string(), z.string()),
}).meta({ id: "TrainingJob" });

export type JobView = z.output<typeof jobSchema>;

export const dryRunSchema = z.object({
  config: z.record(z.string(), z.unknown()).describe(
    "The request with every default filled in, but for its rows.",
  ),
  rows: jobRowsSchema,
  plan: jobPlanSchema,
}).meta({ id: "DryRun" });

/** One step's or epoch's metrics, flat. */
export const jobMetricsSchema = z.object({
  step: z.int().describe(
    "From 1; in rows of epochs the epoch's last, in those of evaluations the one before it, 0 before the first step.",
  ),
  epoch: z.int().describe("From 1; 0 before the first step."),
}).catchall(z.number().nullable()).meta({ id: "StepMetrics" });

export type MetricsView = z.output<typeof jobMetricsSchema>;

export const eventSchema = z.object({
  id: z.string(),
  type: z.enum(JOB_EVENT_TYPES),
  job_id: z.string(),
  created_at: time,
  data: z.record(z.string(), z.unknown()),
}).meta({ id: "Event" });

export type EventView = z.output<typeof eventSchema>;
