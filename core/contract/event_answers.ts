/** What the events of a job hold, type by type, as the feed and its stream show them. */
import { z } from "zod";
import { checkpointSchema } from "./checkpoint.ts";
import { component } from "./component.ts";
import { evaluationResultSchema } from "./evaluation_result.ts";
import { jobErrorSchema } from "./job_answers.ts";
import type { JobEventType } from "./job_events.ts";
import { jobPlanSchema } from "./job_plan.ts";
import { metricsSchema, progressSchema } from "./progress.ts";
import { time } from "./time.ts";
import { sampleSchema, stoppedSchema, warningSchema } from "./training_events.ts";

const attempt = z.int().describe("The engine process that runs, counted from 1.");
const samples = z.array(sampleSchema).describe("Some of what was sampled, cut where it is long.");

/** Of each type, what `data` holds; a type without a row does not compile. */
const DATA = {
  "training_job.queued": {},
  "training_job.started": { attempt, plan: jobPlanSchema },
  "training_job.attempt.started": {
    attempt,
    step: z.int().describe("The last step that is kept; 0 where the job begins anew."),
    checkpoint: z.string().nullable().describe(
      "Id of the checkpoint it continues from, if it is a listed one.",
    ),
  },
  "training_job.step.completed": { progress: progressSchema, metrics: metricsSchema, samples },
  "training_job.evaluation.completed": {
    step: z.int().describe("After which step; 0 before the first."),
    epoch: z.int().describe("The epoch that the step is of."),
    metrics: metricsSchema,
    samples,
  },
  "training_job.epoch.completed": {
    epoch: z.int().describe("From 1."),
    progress: progressSchema,
    metrics: metricsSchema,
  },
  "training_job.checkpoint.created": { checkpoint: checkpointSchema },
  "training_job.warning": warningSchema.shape,
  "training_job.cancelling": {},
  "training_job.requeued": {
    reason: z.string().describe("Why the job is in the queue again."),
    attempt: z.int().describe("The attempt that has ended."),
    next_attempt_at: time.nullable().describe("Not before then; null: as soon as there is room."),
  },
  "training_job.pausing": {},
  "training_job.paused": {
    checkpoint: z.string().nullable().describe("Id of the job's last checkpoint."),
    progress: progressSchema,
    reason: jobErrorSchema.nullable().describe("Why the server paused it; null where somebody asked."),
  },
  "training_job.resumed": { progress: progressSchema },
  "training_job.succeeded": {
    progress: progressSchema,
    metrics: metricsSchema,
    best_checkpoint: z.string().optional().describe("Id of the best checkpoint, where the job asks for one."),
    stopped: stoppedSchema.optional(),
    result: evaluationResultSchema.optional(),
  },
  "training_job.failed": { error: jobErrorSchema },
  "training_job.cancelled": {},
} satisfies Record<JobEventType, z.ZodRawShape>;

/** `training_job.step.completed` is a StepCompletedEvent. */
export function eventName(type: string): string {
  const words = type.split(/[._]/).slice(2);
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

const branches = Object.entries(DATA).map(([type, data]) => {
  const name = eventName(type);
  return z.object({
    id: z.string().describe("Names the event; for after and Last-Event-ID."),
    type: z.literal(type as JobEventType).describe("What happened."),
    job_id: z.string().describe("The job that it happened to."),
    created_at: time.describe("When it happened."),
    data: z.object(data).meta({ ...component(`${name}Data`), description: "What there is to know of it." }),
  }).meta(component(`${name}Event`));
});

/** An event of a job. */
export const eventSchema = z.discriminatedUnion("type", branches as [typeof branches[0], ...typeof branches])
  .meta(component("Event"));

/** An event as it is stored: the schema above is for the document and tests. */
export interface EventView {
  id: string;
  type: JobEventType;
  job_id: string;
  created_at: string;
  data: Record<string, unknown>;
}
