/**
 * A POST through the outbound guard to a service of the user's, sent again where that may help: after no answer, one that
 * comes too late, and 408, 429 and 5xx. What an answer says is the caller's to read.
 */
import { cutText } from "../cut_text.ts";
import { UserError } from "../errors.ts";
import { guardedPost, type PostResult } from "../outbound/guarded_post.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { asksToWait, retryAfterMs } from "../outbound/retry_after.ts";
import { withoutSecrets } from "../without_secrets.ts";
import { pause } from "./pause.ts";

/** Pause before the second try in ms, doubled before each that follows; drawn out by up to a quarter. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** The longest Retry-After that is obeyed. */
const MAX_RETRY_AFTER_MS = 60_000;
/** What is shown of an answer that says no. */
const MAX_EXCERPT = 200;
const MAX_ERROR = 500;

export interface PatientOptions {
  /** What messages call whoever answers, as `The service`. */
  who: string;
  /** Of each try: a signature has its time in it. */
  headers: () => Record<string, string>;
  body: string;
  timeout_ms: number;
  max_response_bytes: number;
  max_attempts: number;
  first_pause_ms?: number;
  signal: AbortSignal;
}

/** An answer of 2xx, or why there is none, with its status where there was another. */
export type Posted =
  | { body: string; tries: number }
  | { message: string; status: number | null; again: boolean; tries: number };

/** @throws the signal's reason once it is aborted */
export async function patientPost(
  guard: OutboundGuard,
  url: string,
  options: PatientOptions,
): Promise<Posted> {
  const { max_attempts, first_pause_ms = FIRST_PAUSE_MS, signal } = options;
  for (let tries = 1;; tries++) {
    const tried = await tryOnce(guard, url, options);
    if ("body" in tried) return { ...tried, tries };
    const { message, status, again, wait_ms } = tried;
    if (!again || tries === max_attempts) return { message, status, again, tries };
    const pause_ms = Math.min(LONGEST_PAUSE_MS, first_pause_ms * 2 ** (tries - 1)) * (1 + Math.random() / 4);
    await pause(Math.max(pause_ms, Math.min(wait_ms, MAX_RETRY_AFTER_MS)), signal);
  }
}

type Tried = { body: string } | { message: string; status: number | null; again: boolean; wait_ms: number };

async function tryOnce(
  guard: OutboundGuard,
  url: string,
  { who, headers, body, timeout_ms, max_response_bytes, signal }: PatientOptions,
): Promise<Tried> {
  let answer: PostResult;
  try {
    answer = await guardedPost(guard, url, {
      headers: headers(),
      ...{ body, timeout_ms, max_response_bytes, signal },
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    // A guard that refuses does so again.
    const again = !(thrown instanceof UserError);
    return { message: cutText(message, MAX_ERROR), status: null, again, wait_ms: 0 };
  }
  const { status, truncated } = answer;
  if (status < 200 || status > 299) return refused(who, answer);
  if (truncated) return { message: `${who}'s answer is too long`, status, again: false, wait_ms: 0 };
  return { body: answer.body };
}

function refused(who: string, { status, headers, body }: PostResult): Tried {
  const excerpt = cutText(body.replaceAll(/\s+/g, " ").trim(), MAX_EXCERPT);
  const redirect = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
  return {
    message: `${who} answered ${status}${redirect}${excerpt && `: ${excerpt}`}`,
    status,
    again: status >= 500 || status === 429 || status === 408,
    wait_ms: asksToWait(status) ? retryAfterMs(headers["retry-after"]) ?? 0 : 0,
  };
}

/** A text for people, without what opens something: a service may say what it was sent. */
export function maskedText(text: string, values: readonly string[]): string {
  const secrets = values.flatMap((value) => [value, ...value.split(/\s+/)])
    .filter((value) => value.length >= 4).sort((a, b) => b.length - a.length);
  return withoutSecrets(secrets.reduce((rest, value) => rest.replaceAll(value, "…"), text));
}
