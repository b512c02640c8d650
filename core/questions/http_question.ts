/**
 * A question answered by a service of the user's: one signed POST through the outbound guard, sent again where that may
 * help. What the service says in place of scores is a fault of the question's rows, not of the job: what becomes of such
 * rows is the reward's to say.
 */
import { createHash } from "node:crypto";
import { cutText } from "../cut_text.ts";
import { allFailed, type RewardQuestion, type Scored } from "../contract/reward_question.ts";
import type { RewardOf } from "../contract/reward_schema.ts";
import { UserError } from "../errors.ts";
import { guardedPost, type PostResult } from "../outbound/guarded_post.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { asksToWait, retryAfterMs } from "../outbound/retry_after.ts";
import { signatureHeaders } from "../outbound/signature.ts";
import { withoutSecrets } from "../without_secrets.ts";
import { pause } from "./pause.ts";
import { BadScores, kindOf, readScores } from "./read_scores.ts";

/** Pause before the second try in ms, doubled before each that follows; drawn out by up to a quarter. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** The longest Retry-After that is obeyed. */
const MAX_RETRY_AFTER_MS = 60_000;
/** An answer may have so many bytes, and so many more for each item. */
const ANSWER_BYTES = 64 * 1024;
const ANSWER_ITEM_BYTES = 4 * 1024;
/** What is shown of an answer that says no. */
const MAX_EXCERPT = 200;
const MAX_ERROR = 500;

export interface HttpOptions {
  guard: OutboundGuard;
  /** Whose question it is: those of two jobs have different ids. */
  asker: string;
  first_pause_ms?: number;
}

/** What one try came to: scores, or why there are none and whether another try may help. */
type Tried = { scored: Scored } | { message: string; again: boolean; wait_ms?: number };

/**
 * @param reward with its secrets
 * @throws the signal's reason once it is aborted
 */
export async function askService(
  reward: RewardOf<"http">,
  question: RewardQuestion,
  signal: AbortSignal,
  { guard, asker, first_pause_ms = FIRST_PAUSE_MS }: HttpOptions,
): Promise<Scored> {
  const id = questionId(asker, question);
  const body = JSON.stringify({ id, items: question.items });
  for (let attempt = 1;; attempt++) {
    const tried = await tryOnce(reward, { id, body, rows: question.items.length }, guard, signal);
    if ("scored" in tried) return tried.scored;
    if (!tried.again || attempt === reward.max_attempts) {
      const tries = attempt > 1 ? ` (${attempt} tries)` : "";
      return allFailed(question.items.length, masked(`${tried.message}${tries}`, reward));
    }
    const pause_ms = Math.min(LONGEST_PAUSE_MS, first_pause_ms * 2 ** (attempt - 1)) *
      (1 + Math.random() / 4);
    await pause(Math.max(pause_ms, Math.min(tried.wait_ms ?? 0, MAX_RETRY_AFTER_MS)), signal);
  }
}

/** The same for the same question of the same asker, whenever it is asked: at each try, and in a job that resumes. */
function questionId(asker: string, { at, items }: RewardQuestion): string {
  const hash = createHash("sha256").update(JSON.stringify([asker, at, items])).digest("hex");
  return `reward_${hash.slice(0, 32)}`;
}

async function tryOnce(
  { url, headers, secret, timeout_ms }: RewardOf<"http">,
  { id, body, rows }: { id: string; body: string; rows: number },
  guard: OutboundGuard,
  signal: AbortSignal,
): Promise<Tried> {
  let answer: PostResult;
  try {
    answer = await guardedPost(guard, url, {
      headers: {
        "user-agent": "Proximal-Rewards",
        "accept": "application/json",
        ...headers,
        "content-type": "application/json",
        ...(secret !== undefined && signatureHeaders([secret], id, new Date(), body)),
      },
      body,
      timeout_ms,
      max_response_bytes: ANSWER_BYTES + ANSWER_ITEM_BYTES * rows,
      signal,
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    // A guard that refuses does so again.
    return { message: cutText(message, MAX_ERROR), again: !(thrown instanceof UserError) };
  }
  const { status, truncated } = answer;
  if (status < 200 || status > 299) return refused(answer);
  if (truncated) return { message: "The service's answer is too long", again: false };
  return readAnswer(answer.body, rows);
}

function refused({ status, headers, body }: PostResult): Tried {
  const excerpt = cutText(body.replaceAll(/\s+/g, " ").trim(), MAX_EXCERPT);
  const redirect = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
  return {
    message: `The service answered ${status}${redirect}${excerpt && `: ${excerpt}`}`,
    again: status >= 500 || status === 429 || status === 408,
    wait_ms: asksToWait(status) ? retryAfterMs(headers["retry-after"]) ?? 0 : 0,
  };
}

function readAnswer(body: string, rows: number): Tried {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return { message: "The service's answer is not JSON", again: false };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { message: `Expected { "scores": [ … ] } from the service, got ${kindOf(given)}`, again: false };
  }
  try {
    return { scored: readScores((given as { scores?: unknown }).scores, rows) };
  } catch (thrown) {
    if (!(thrown instanceof BadScores)) throw thrown;
    return { message: `scores: ${thrown.message}`, again: false };
  }
}

/** A text for people, without what opens something: a service may say what it was sent. */
function masked(text: string, { headers, secret }: RewardOf<"http">): string {
  const secrets = [...Object.values(headers), ...(secret === undefined ? [] : [secret])]
    .flatMap((value) => [value, ...value.split(/\s+/)]).filter((value) => value.length >= 4)
    .sort((a, b) => b.length - a.length);
  return withoutSecrets(secrets.reduce((rest, value) => rest.replaceAll(value, "…"), text));
}
