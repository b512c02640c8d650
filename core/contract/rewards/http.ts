/** A reward of another program's, asked over HTTP. */
import { z } from "zod";
import { refusing } from "../refuse.ts";
import { webhookSecretSchema } from "../webhook_schema.ts";
import { onError } from "./asked.ts";
import { rewardKind } from "./reward_kind.ts";

/** Headers that the request has of itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...[
    "host",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
  ],
  ...["expect", "keep-alive", "proxy-connection", "webhook-id", "webhook-timestamp", "webhook-signature"],
]);

const MAX_HEADERS = 32;

const headers = z.record(z.string().max(200), z.string().max(8192)).default({}).describe(
  "Sent with each request. Their values are secrets: no answer, log or error shows them.",
);

export const http = rewardKind({
  schema: z.strictObject({
    type: z.literal("http").describe("Which reward it is."),
    url: z.url({ protocol: /^https?$/, error: "Expected an http or https URL" }).max(2048).describe(
      "Where batches are posted to: a public https URL, or one that the server's OUTBOUND_ALLOW opens.",
    ),
    headers,
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
    const refuse = refusing(context);
    const names = Object.keys(headers);
    if (names.length > MAX_HEADERS) {
      refuse(["headers"], `Expected at most ${MAX_HEADERS} headers, got ${names.length}`);
    }
    const seen = new Set<string>();
    for (const name of names.slice(0, MAX_HEADERS)) {
      const folded = name.toLowerCase();
      if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
        refuse(["headers"], `Expected names of headers, got '${name}'`);
      } else if (OWN_HEADERS.has(folded)) {
        refuse(["headers", name], "Expected another header: this one is the request's own");
      } else if (seen.has(folded)) refuse(["headers", name], "Expected each header once");
      // Its value is a secret, so it is not quoted.
      else if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(headers[name]!)) {
        refuse(["headers", name], "Expected a value without line breaks and characters beyond Latin-1");
      }
      seen.add(folded);
    }
  }).describe("What a service of your own answers to batches of prompts and completions"),
  asks: true,
});
