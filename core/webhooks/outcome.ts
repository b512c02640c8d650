/** What the outcome of a try makes of a delivery and of its destination. */
import type { Transaction } from "../db/open_database.ts";
import type { DeliveryRow } from "../db/schema.ts";
import type { Outcome } from "./attempt.ts";
import { changePending, type DeliveryChange, disableEndpoint, giveUpJob, noteEndpoint } from "./outbox.ts";
import { pauseBeforeRetry } from "./retry_policy.ts";
import type { Target } from "./target.ts";

/** Why nothing more is sent to who answered 410. */
const GONE_REASON = "The receiver answered 410: it is gone";

/** What a row keeps of its last try. */
export function lastOf({ status, error, latency_ms, response }: Outcome, at: Date) {
  return {
    ...{ last_attempt_at: at, last_status: status, last_error: error },
    ...{ last_latency_ms: latency_ms, last_response: response },
  };
}

export interface Verdict {
  /** Of the delivery's row. */
  change: DeliveryChange;
  /** Before the destination's next try, in ms. */
  pause_ms: number;
}

/**
 * What becomes of a delivery.
 *
 * @param isBehindFailed Whether the delivery before it has failed.
 */
export function verdictOf(
  head: DeliveryRow,
  kind: Target["kind"],
  outcome: Outcome,
  { isBehindFailed, delays_ms, at }: { isBehindFailed: boolean; delays_ms: readonly number[]; at: Date },
): Verdict {
  const attempts = head.attempts + 1;
  const tried = { attempts, ...lastOf(outcome, at) };
  if (outcome.error === null) {
    return { change: { ...tried, status: "delivered", finished_at: at }, pause_ms: 0 };
  }
  // What an endpoint that is gone did not take is sent if it is enabled again.
  if (outcome.gone && kind === "endpoint") return { change: { ...tried, next_attempt_at: at }, pause_ms: 0 };
  const { retry_after_ms } = outcome;
  const pause_ms = outcome.gone ? null : pauseBeforeRetry(
    { attempts, created_at: head.created_at, isBehindFailed, retry_after_ms },
    delays_ms,
    at.getTime(),
  );
  return pause_ms === null
    ? { change: { ...tried, status: "failed", finished_at: at }, pause_ms: 0 }
    : { change: { ...tried, next_attempt_at: new Date(at.getTime() + pause_ms) }, pause_ms };
}

/**
 * Writes it, and what it makes of the destination.
 *
 * @param disable_after_ms How long an endpoint may accept nothing.
 * @returns Why the destination is sent nothing more, if it is so from now on.
 */
export async function recordOutcome(
  tx: Transaction,
  { id, destination }: DeliveryRow,
  kind: Target["kind"],
  outcome: Outcome,
  { change, at, disable_after_ms }: { change: DeliveryChange; at: Date; disable_after_ms: number },
): Promise<string | null> {
  await changePending(tx, id, change);
  if (kind === "job") {
    if (!outcome.gone) return null;
    await giveUpJob(tx, destination, GONE_REASON);
    return GONE_REASON;
  }
  const since = await noteEndpoint(tx, destination, { accepted: outcome.error === null, at });
  const hasFailedTooLong = change.status === "failed" && since !== null &&
    at.getTime() - since.getTime() >= disable_after_ms;
  if (!outcome.gone && !hasFailedTooLong) return null;
  const disable = outcome.gone ? { code: "gone", reason: GONE_REASON } as const : {
    code: "failing",
    reason: `Nothing was accepted since ${since!.toISOString()}; the last try: ${outcome.error}`,
  } as const;
  await disableEndpoint(tx, destination, disable, at);
  return disable.reason;
}
