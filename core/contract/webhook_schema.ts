/** What clients may say of webhooks: a URL, a secret, and endpoints for the events of all jobs. */
import { z } from "zod";
import { component } from "./component.ts";
import { FINE_TUNING_EVENT_TYPES } from "./fine_tuning_events.ts";
import { JOB_EVENT_TYPES, JOB_EVENTS } from "./job_events.ts";

/** Where deliveries are posted to. */
export const webhookUrlSchema = z.url({ protocol: /^https?$/, error: "Expected an http or https URL" })
  .max(2048);

/** What signs them (Standard Webhooks). */
export const webhookSecretSchema = z.string().regex(
  // Whole groups, padded: receivers' libraries refuse to decode anything else, and could verify nothing.
  /^whsec_([A-Za-z0-9+/]{4}){8,20}([A-Za-z0-9+/]{4}([A-Za-z0-9+/]{2}==)?|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$/,
  "Expected whsec_ and the base64 of 24 to 64 bytes, padded with =",
);

/** All types, those that are added later as well. */
export const ALL_TYPES = "*";

/** The event types that webhooks carry. */
export const WEBHOOK_TYPES = [
  ...JOB_EVENT_TYPES.filter((type) => JOB_EVENTS[type].webhook),
  ...FINE_TUNING_EVENT_TYPES,
];

const eventTypesSchema = z.array(
  z.enum([ALL_TYPES, ...WEBHOOK_TYPES], {
    error: () => `Expected '${ALL_TYPES}' for all, or one of ${WEBHOOK_TYPES.join(", ")}`,
  }),
).min(1, "Expected at least one event type, or '*' for all").max(WEBHOOK_TYPES.length + 1)
  .describe(
    "Events that are sent: their types, or * for all training_job.…; those of type fine_tuning.… have OpenAI's body.",
  );

const descriptionSchema = z.string().max(500).describe("A text of your own.");
const urlSchema = webhookUrlSchema.describe(
  "Where events are posted to: a public https URL, or one that the server's OUTBOUND_ALLOW opens.",
);

/** What POST /v1/webhooks takes. */
export const createEndpointSchema = z.strictObject({
  url: urlSchema,
  event_types: eventTypesSchema.default([ALL_TYPES]),
  description: descriptionSchema.default(""),
  secret: webhookSecretSchema.optional().describe("Signs the deliveries. Default: one is made."),
}).meta(component("WebhookCreation"));

export const ENDPOINT_STATUSES = ["enabled", "disabled"] as const;

/** What PATCH /v1/webhooks/{id} takes: what is left out stays. */
export const updateEndpointSchema = z.strictObject({
  url: urlSchema.optional(),
  event_types: eventTypesSchema.optional(),
  description: descriptionSchema.optional(),
  status: z.enum(ENDPOINT_STATUSES).optional().describe(
    "disabled: nothing is sent; what happens is kept for the endpoint for three days. enabled: sent again, in order, with what was kept.",
  ),
}).meta(component("WebhookUpdate"));

/** How long an earlier secret goes on signing at most, in s. */
const MAX_OVERLAP_S = 30 * 86_400;

/** What POST /v1/webhooks/{id}/rotate-secret takes. */
export const rotateSecretSchema = z.strictObject({
  secret: webhookSecretSchema.optional().describe("The new one. Default: one is made."),
  overlap_seconds: z.int().min(0).max(MAX_OVERLAP_S).default(86_400).describe(
    "How long the secrets before go on signing beside the new one. 0: no longer. Default 86400, a day.",
  ),
}).meta(component("SecretRotation"));

export type CreateEndpoint = z.output<typeof createEndpointSchema>;
export type UpdateEndpoint = z.output<typeof updateEndpointSchema>;
export type RotateSecret = z.output<typeof rotateSecretSchema>;
