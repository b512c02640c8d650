/** What receivers of webhooks get: requests that the server makes, for the document, as they have no path here. */
import { z } from "@hono/zod-openapi";
import {
  FINE_TUNING_PAYLOADS,
  testPayloadSchema,
  WEBHOOK_PAYLOADS,
} from "../core/contract/webhook_payload.ts";
import { jsonContent } from "./json_content.ts";

const headers = z.object({
  "webhook-id": z.string().describe("The event's id, the same on every try."),
  "webhook-timestamp": z.string().describe("Seconds since 1970, of the try."),
  "webhook-signature": z.string().describe(
    "v1, and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots; while a secret is rotated several, separated by spaces.",
  ),
});

function requestOf(type: string, name: string, payload: z.ZodType) {
  return {
    method: "post" as const,
    path: type,
    tags: ["Webhooks"],
    operationId: `on${name}`,
    summary: `What a webhook is sent of ${type}`,
    // The signature is in headers, by a secret that is no key of this server's.
    security: [],
    description: "Each try has the headers of Standard Webhooks (https://www.standardwebhooks.com).",
    request: { headers, body: { required: true, content: jsonContent(payload) } },
    responses: {
      200: { description: "Any 2xx accepts it; anything else, or nothing within 10 s, is tried again" },
      410: { description: "Nothing more is sent" },
    },
  };
}

/** One for each type of event that webhooks carry, and the test's. */
export const WEBHOOK_REQUESTS = [
  ...[...WEBHOOK_PAYLOADS, ...FINE_TUNING_PAYLOADS].map(({ type, name, payload }) =>
    requestOf(type, name, payload)
  ),
  requestOf("webhook.test", "TestWebhook", testPayloadSchema),
];
