/** The body of a webhook: what happened, when, and the job as it was at that moment. */
import { z } from "zod";
import { checkpointSchema } from "./checkpoint.ts";
import { jobSchema } from "./job_answers.ts";
import { JOB_EVENT_TYPES } from "./job_events.ts";
import { metricsSchema } from "./progress.ts";
import { time } from "./time.ts";
import { warningSchema } from "./training_events.ts";

const dataSchema = z.object({
  job: jobSchema,
  epoch: z.int().optional(),
  metrics: metricsSchema.optional(),
  checkpoint: checkpointSchema.optional(),
  eta_seconds: z.number().nullable().optional(),
  warning: warningSchema.optional(),
});

export type WebhookData = z.output<typeof dataSchema>;

export const webhookPayloadSchema = z.object({
  type: z.enum(JOB_EVENT_TYPES),
  timestamp: time,
  data: dataSchema,
}).meta({ id: "WebhookPayload" });

export type WebhookPayload = z.output<typeof webhookPayloadSchema>;
