/** How webhooks, and what was sent to them, look in answers. */
import { z } from "zod";
import { component } from "./component.ts";
import { time } from "./time.ts";
import { ENDPOINT_STATUSES } from "./webhook_schema.ts";

/** Why nothing is sent to an endpoint. */
export const DISABLE_CODES = ["by_request", "gone", "failing"] as const;

export const DELIVERY_STATUSES = ["pending", "delivered", "failed"] as const;

/** An endpoint for the events of all jobs, without its secrets. */
export const webhookSchema = z.object({
  id: z.string().describe("Names the webhook in paths."),
  url: z.string().describe("Where events are posted to."),
  description: z.string().describe("A text of your own."),
  event_types: z.array(z.string()).describe("Types of events that are sent; * is all."),
  status: z.enum(ENDPOINT_STATUSES).describe("Whether anything is sent."),
  disabled: z.object({
    code: z.enum(DISABLE_CODES).describe(
      "by_request; gone: the receiver answered 410; failing: it accepted nothing for days.",
    ),
    reason: z.string().describe("The same for people."),
    at: time.describe("Since when."),
  }).nullable().describe("Why nothing is sent; null while it is enabled."),
  failing_since: time.nullable().describe("The first try that failed since one was accepted."),
  previous_secrets_expire_at: time.nullable().describe(
    "Until when a secret before the current one signs as well; null when none does.",
  ),
  created_at: time.describe("When it was made."),
}).meta(component("Webhook"));

export type WebhookView = z.output<typeof webhookSchema>;

/** The same in the answers that make a secret. */
export const webhookWithSecretSchema = webhookSchema.extend({
  secret: z.string().describe("Signs the deliveries. Shown in this answer only."),
}).meta(component("WebhookWithSecret"));

/** What a delivery looks like in lists. */
export const deliverySchema = z.object({
  id: z.string().describe("Names the delivery in paths."),
  event_id: z.string().describe("Sent as webhook-id, the same on every try and in every redelivery."),
  type: z.string().nullable().describe("Of the event."),
  job_id: z.string().nullable().describe("The job it tells of; null in tests."),
  destination: z.string().describe("The webhook, or the job whose own webhook this is."),
  status: z.enum(DELIVERY_STATUSES).describe("pending: it is tried, or tried again; the others are final."),
  attempts: z.int().describe("Tries so far."),
  next_attempt_at: time.nullable().describe("While it is pending, and its turn has come."),
  last_attempt_at: time.nullable().describe("When the last try began."),
  response_status: z.int().nullable().describe("HTTP status of the last answer; null where there was none."),
  response_excerpt: z.string().nullable().describe("The last answer's first 1,000 bytes."),
  latency_ms: z.int().nullable().describe("Until the last answer's head."),
  error: z.string().nullable().describe("Why the last try was not accepted, or none was made."),
  redelivery_of: z.string().nullable().describe(
    "Id of the delivery that this one repeats; null for a first one.",
  ),
  created_at: time.describe("When it was made."),
  finished_at: time.nullable().describe("When it was delivered or given up."),
}).meta(component("WebhookDelivery"));

export type DeliveryView = z.output<typeof deliverySchema>;

/** One delivery by itself. */
export const deliveryWithBodySchema = deliverySchema.extend({
  body: z.string().describe("The exact text that is signed and sent."),
}).meta(component("WebhookDeliveryWithBody"));
