/** Standard Webhooks signatures (https://www.standardwebhooks.com), made with its own library. */
import { Webhook } from "standardwebhooks";

const SECRET_BYTES = 32;

/** A new signing secret: `whsec_` and the base64 of 32 random bytes. */
export function newWebhookSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(SECRET_BYTES))))}`;
}

/**
 * The headers of one try at a delivery.
 *
 * @param secrets Each signs: a receiver that knows one of them, the new or an earlier, can verify.
 * @param id The same on every try, so a receiver can drop what it has seen.
 * @param at The time of this try, for receivers that refuse old ones.
 */
export function signatureHeaders(
  secrets: readonly string[],
  id: string,
  at: Date,
  body: string,
): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(" "),
  };
}
