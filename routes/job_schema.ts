/** How a training job and what belongs to it look in answers. */
import { z } from "@hono/zod-openapi";
import { PROBLEMS } from "./problem.ts";
import type { ErrorCode } from "../core/errors.ts";
import { JOB_EVENT_TYPES } from "../core/contract/job_events.ts";
import { JOB_STATUSES } from "../core/contract/job_states.ts";

const time = z.string().openapi({ format: "date-time" });
const metricsSchema = z.record(z.string(), z.number().nullable());

export const progressSchema = z.object({
  epoch: z.int().describe("Of the last step that is done, from 1; 0 before the first."),
  epochs: z.int(),
  step: z.int().describe("The last that is done, from 1; 0 before the first."),
  steps: z.int(),
  episodes: z.int(),
  tokens: z.int(),
  eta_seconds: z.number().nullable(),
}).openapi("Progress");

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(["ppo"]),
  status: z.enum(JOB_STATUSES),
  model: z.string(),
  config: z.record(z.string(), z.unknown()).describe(
    "The request with every default filled in. Lists and webhooks leave its prompts out; the webhook's secret is in the answer that created the job only.",
  ),
  progress: progressSchema,
  latest_metrics: metricsSchema.nullable().describe("Of the last step."),
  error: z.object({ code: z.enum(Object.keys(PROBLEMS) as [ErrorCode]), detail: z.string() }).nullable(),
  checkpoint: z.string().nullable().describe("Id of the last one."),
  created_at: time,
  started_at: time.nullable(),
  finished_at: time.nullable(),
  metadata: z.record(z.string(), z.string()),
}).openapi("TrainingJob");

export const planSchema = z.object({
  steps: z.int(),
  steps_per_epoch: z.int(),
  prompt_tokens: z.object({ min: z.number(), mean: z.number(), max: z.number() }),
  trainable_parameters: z.int(),
  base_parameters: z.int(),
  estimate: z.looseObject({
    memory_bytes: z.number().describe("The engine's peak; `memory` says of what."),
    memory: z.record(z.string(), z.number()).optional(),
    machine_bytes: z.number().optional().describe(
      "What the machine, or the server's part of it, has in all.",
    ),
    available_bytes: z.number().optional(),
    step_flops: z.number().optional().describe("Operations of one step's products."),
    step_seconds: z.number().optional().describe(
      "By the rate of a large product and of reading on this machine.",
    ),
  }),
}).openapi("JobPlan");

export const dryRunSchema = z.object({
  config: z.record(z.string(), z.unknown()).describe("The request with every default filled in."),
  plan: planSchema,
}).openapi("DryRun");

export const jobMetricsSchema = z.object({
  step: z.int().describe("From 1; in rows of epochs the epoch's last."),
  epoch: z.int().describe("From 1."),
}).catchall(z.number().nullable())
  .openapi("StepMetrics");

export const eventSchema = z.object({
  id: z.string(),
  type: z.enum(JOB_EVENT_TYPES),
  job_id: z.string(),
  created_at: time,
  data: z.record(z.string(), z.unknown()),
}).openapi("Event");

export const checkpointFileSchema = z.object({ name: z.string(), bytes: z.int(), sha256: z.string() });

export const checkpointSchema = z.object({
  id: z.string(),
  job_id: z.string(),
  epoch: z.int().describe("From 1."),
  step: z.int().describe("From 1."),
  files: z.array(checkpointFileSchema),
  metrics: metricsSchema,
  created_at: time,
}).openapi("Checkpoint");
