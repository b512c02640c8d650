/** One try at a delivery: what is sent, and what the receiver made of it. It knows no database. */
import { cutText } from "../cut_text.ts";
import type { DeliveryRow } from "../db/schema.ts";
import { guardedPost } from "../outbound/guarded_post.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { asksToWait, retryAfterMs } from "../outbound/retry_after.ts";
import { signatureHeaders } from "../outbound/signature.ts";

/** What is kept of an answer. */
const MAX_EXCERPT_BYTES = 1000;
/** How long an answer's body may take after its status, which is what counts. */
const BODY_TIMEOUT_MS = 1000;
/** What is kept of an error. */
const MAX_ERROR = 500;

export interface Outcome {
  /** Null where there was no answer. */
  status: number | null;
  /** Why the delivery was not accepted; null where it was. */
  error: string | null;
  /** Until the answer's head, or until it was known that there is none. */
  latency_ms: number;
  /** The beginning of the answer's body. */
  response: string | null;
  /** The pause that the receiver asked for. */
  retry_after_ms: number | null;
  /** Whether the receiver says that it will never accept anything again. */
  gone: boolean;
}

export interface AttemptOptions {
  guard: OutboundGuard;
  timeout_ms: number;
  signal: AbortSignal;
}

const GONE = 410;

/** Posts a delivery; null when `signal` was aborted before it was known what became of it. */
export async function attempt(
  { event_id, body }: Pick<DeliveryRow, "event_id" | "body">,
  { url, secrets }: { url: string; secrets: readonly string[] },
  { guard, timeout_ms, signal }: AttemptOptions,
): Promise<Outcome | null> {
  const started = performance.now();
  try {
    const answer = await guardedPost(guard, url, {
      headers: {
        "content-type": "application/json",
        "user-agent": "Proximal-Webhooks",
        ...signatureHeaders(secrets, event_id, new Date(), body),
      },
      body,
      timeout_ms,
      max_response_bytes: MAX_EXCERPT_BYTES,
      body_timeout_ms: BODY_TIMEOUT_MS,
      signal,
    });
    const { status } = answer;
    return {
      status,
      error: status >= 200 && status < 300 ? null : `The receiver answered ${status}`,
      latency_ms: Math.round(answer.latency_ms),
      response: answer.body,
      retry_after_ms: asksToWait(status) ? retryAfterMs(answer.headers["retry-after"]) : null,
      gone: status === GONE,
    };
  } catch (error) {
    if (signal.aborted) return null;
    const message = error instanceof Error ? error.message : String(error);
    return {
      ...{ status: null, error: cutText(message, MAX_ERROR), response: null, retry_after_ms: null },
      ...{ latency_ms: Math.round(performance.now() - started), gone: false },
    };
  }
}
