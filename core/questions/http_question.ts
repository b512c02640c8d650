/**
 * A question answered by a service of the user's: one signed POST through the outbound guard, sent again where that may
 * help. What the service says in place of scores is a fault of the question's rows, not of the job: what becomes of such
 * rows is the reward's to say.
 */
import { createHash } from "node:crypto";
import { allFailed, type RewardQuestion, type Scored } from "../contract/reward_question.ts";
import type { RewardOf } from "../contract/reward_schema.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { signatureHeaders } from "../outbound/signature.ts";
import { maskedText, patientPost } from "./patient_post.ts";
import { BadScores, kindOf, readScores } from "./read_scores.ts";

/** An answer may have so many bytes, and so many more for each item. */
const ANSWER_BYTES = 64 * 1024;
const ANSWER_ITEM_BYTES = 4 * 1024;

export interface HttpOptions {
  guard: OutboundGuard;
  /** Whose question it is: those of two jobs have different ids. */
  asker: string;
  first_pause_ms?: number;
}

/**
 * @param reward with its secrets
 * @throws the signal's reason once it is aborted
 */
export async function askService(
  reward: RewardOf<"http">,
  question: RewardQuestion,
  signal: AbortSignal,
  { guard, asker, first_pause_ms }: HttpOptions,
): Promise<Scored> {
  const { url, headers, secret, timeout_ms, max_attempts } = reward;
  const rows = question.items.length;
  const id = questionId(asker, question);
  const body = JSON.stringify({ id, items: question.items });
  const posted = await patientPost(guard, url, {
    who: "The service",
    headers: () => ({
      "user-agent": "Proximal-Rewards",
      "accept": "application/json",
      ...headers,
      "content-type": "application/json",
      ...(secret !== undefined && signatureHeaders([secret], id, new Date(), body)),
    }),
    ...{ body, timeout_ms, max_attempts, first_pause_ms, signal },
    max_response_bytes: ANSWER_BYTES + ANSWER_ITEM_BYTES * rows,
  });
  const read = "body" in posted ? readAnswer(posted.body, rows) : posted;
  if ("scored" in read) return read.scored;
  const tries = posted.tries > 1 ? ` (${posted.tries} tries)` : "";
  const secrets = [...Object.values(headers), ...(secret === undefined ? [] : [secret])];
  return allFailed(rows, maskedText(`${read.message}${tries}`, secrets));
}

/** The same for the same question of the same asker, whenever it is asked: at each try, and in a job that resumes. */
function questionId(asker: string, { at, items }: RewardQuestion): string {
  const hash = createHash("sha256").update(JSON.stringify([asker, at, items])).digest("hex");
  return `reward_${hash.slice(0, 32)}`;
}

function readAnswer(body: string, rows: number): { scored: Scored } | { message: string } {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return { message: "The service's answer is not JSON" };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { message: `Expected { "scores": [ … ] } from the service, got ${kindOf(given)}` };
  }
  try {
    return { scored: readScores((given as { scores?: unknown }).scores, rows) };
  } catch (thrown) {
    if (!(thrown instanceof BadScores)) throw thrown;
    return { message: `scores: ${thrown.message}` };
  }
}
