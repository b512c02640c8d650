/** A reward of another program's, asked over HTTP. */
import { z } from "zod";
import { refusing } from "../refuse.ts";
import { headerFaults, requestHeaders } from "../request_headers.ts";
import { webhookSecretSchema } from "../webhook_schema.ts";
import { onError } from "./asked.ts";
import { rewardKind } from "./reward_kind.ts";

export const http = rewardKind({
  schema: z.strictObject({
    type: z.literal("http").describe("Which reward it is."),
    url: z.url({ protocol: /^https?$/, error: "Expected an http or https URL" }).max(2048).describe(
      "Where batches are posted to: a public https URL, or one that the server's OUTBOUND_ALLOW opens.",
    ),
    headers: requestHeaders,
    secret: webhookSecretSchema.optional().describe(
      "Signs the requests as webhooks are (Standard Webhooks). Default: they are not signed.",
    ),
    timeout_ms: z.int().min(1).max(600_000).default(30_000).describe(
      "How long one try of a request may take, in ms. Default 30000.",
    ),
    batch_size: z.int().min(1).max(1024).default(64).describe(
      "Completions in a request, at most. Default 64.",
    ),
    concurrency: z.int().min(1).max(64).default(4).describe("Requests at a time. Default 4."),
    max_attempts: z.int().min(1).max(20).default(4).describe(
      "Tries of a request: one that is answered 408, 429 or 5xx, not at all or too late is sent again after a growing pause. Default 4.",
    ),
    on_error: onError,
  }).superRefine(({ headers }, context) => {
    headerFaults(headers, refusing(context));
  }).describe("What a service of your own answers to batches of prompts and completions"),
  asks: true,
});
