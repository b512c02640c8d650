/** The body of a webhook: what happened, when, and the job as it was at that moment. */
import { z } from "zod";
import { component } from "./component.ts";
import { FINE_TUNING_EVENT_TYPES } from "./fine_tuning_events.ts";
import { checkpointSchema } from "./checkpoint.ts";
import { eventName } from "./event_answers.ts";
import { jobSchema } from "./job_answers.ts";
import { JOB_EVENT_TYPES, JOB_EVENTS, type JobEventType } from "./job_events.ts";
import { metricsSchema } from "./progress.ts";
import { time } from "./time.ts";
import { warningSchema } from "./training_events.ts";

const job = jobSchema;
const epoch = z.int().describe("From 1.");
const eta_seconds = z.number().nullable().describe(
  "Until the job's last step; null where nothing is known of it.",
);

const dataSchema = z.object({
  job,
  epoch: epoch.optional(),
  metrics: metricsSchema.optional(),
  checkpoint: checkpointSchema.optional(),
  eta_seconds: eta_seconds.optional(),
  warning: warningSchema.optional(),
});

export type WebhookData = z.output<typeof dataSchema>;

export interface WebhookPayload {
  type: JobEventType;
  timestamp: string;
  data: WebhookData;
}

/** What there is beside the job, of types that have more. */
const BESIDE: Partial<Record<JobEventType, z.ZodRawShape>> = {
  "training_job.started": { eta_seconds },
  "training_job.epoch.completed": { epoch, metrics: metricsSchema, eta_seconds },
  "training_job.checkpoint.created": {
    epoch,
    checkpoint: checkpointSchema,
    metrics: metricsSchema,
    eta_seconds,
  },
  "training_job.warning": { warning: warningSchema },
  "training_job.succeeded": { metrics: metricsSchema, eta_seconds },
};

const timestamp = time.describe("When it happened.");

/** The body of each type that webhooks carry. */
export const WEBHOOK_PAYLOADS = JOB_EVENT_TYPES.filter((type) => JOB_EVENTS[type].webhook).map((type) => {
  const name = `${eventName(type)}Webhook`;
  const data = z.object({ job, ...BESIDE[type] }).meta({
    ...component(`${name}Data`),
    description: "The job as it was then, and what else there is to know.",
  });
  const payload = z.object({ type: z.literal(type).describe("What happened."), timestamp, data });
  return { type, name, payload: payload.meta(component(name)) };
});

/** The body of each type in OpenAI's form. */
export const FINE_TUNING_PAYLOADS = FINE_TUNING_EVENT_TYPES.map((type) => {
  const name = `FineTuning${eventName(type)}Webhook`;
  const payload = z.object({
    id: z.string().describe("Names the event."),
    object: z.literal("event").describe("What this is."),
    created_at: z.int().describe("When it happened, in seconds since 1970."),
    type: z.literal(type).describe("What happened."),
    data: z.object({ id: z.string().describe("The fine-tuning job.") }).meta({
      ...component("FineTuningWebhookData"),
      description: "What it happened to.",
    }),
  });
  return { type, name, payload: payload.meta(component(name)) };
});

/** The body of a test. */
export const testPayloadSchema = z.object({
  type: z.literal("webhook.test").describe("A test: nothing happened."),
  timestamp,
  data: z.object({
    webhook: z.object({
      id: z.string().describe("The webhook that is tested."),
      url: z.string().describe("Where it posts to."),
      description: z.string().describe("The text that it was given."),
    }).describe("What is tested."),
  }).describe("Of the test."),
}).meta(component("TestWebhook"));
