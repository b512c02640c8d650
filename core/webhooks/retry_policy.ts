/** When a delivery is tried again, and when no more: counted in tries, so that no clock that is set ends it early. */
import { asksToWait } from "../outbound/retry_after.ts";

const HOUR_MS = 3_600_000;

/** Pauses before the second, third, … try; after the last of them a delivery has failed. */
export const RETRY_DELAYS_MS = [
  ...[1000, 5000, 30_000, 120_000, 600_000, 1_800_000],
  ...[1, 2, 4, 8, 8].map((hours) => hours * HOUR_MS),
] as const;

/** How long an event is tried for: one that is older, and waited behind another that has failed, is tried once. */
const RETRY_FOR_MS = 24 * HOUR_MS;

/** The most that a pause is drawn out by. */
const MAX_JITTER = 1.25;

/** The longest pause that a receiver's Retry-After is given. */
export const MAX_RETRY_AFTER_MS = 8 * HOUR_MS;

export interface TriedDelivery {
  /** Tries so far, the last one included. */
  attempts: number;
  created_at: Date;
  /** Whether the delivery before it, to the same destination, has failed. */
  isBehindFailed: boolean;
  /** What the receiver asked for. */
  retry_after_ms: number | null;
}

/** The pause before the next try in ms; null when there is none. */
export function pauseBeforeRetry(
  { attempts, created_at, isBehindFailed, retry_after_ms }: TriedDelivery,
  delays_ms: readonly number[] = RETRY_DELAYS_MS,
  now = Date.now(),
): number | null {
  const delay_ms = delays_ms[attempts - 1];
  if (delay_ms === undefined) return null;
  if (isBehindFailed && now + delay_ms > created_at.getTime() + RETRY_FOR_MS) return null;
  return Math.max(withJitter(delay_ms), Math.min(retry_after_ms ?? 0, MAX_RETRY_AFTER_MS));
}

/**
 * How much is left of a pause that was begun by an earlier process, in ms. One that is longer than it can have been is
 * over: the clock was set back.
 */
export function restOfPause(
  { attempts, next_attempt_at, last_status }: {
    attempts: number;
    next_attempt_at: number;
    last_status: number | null;
  },
  delays_ms: readonly number[] = RETRY_DELAYS_MS,
  now = Date.now(),
): number {
  if (attempts === 0) return 0;
  const rest_ms = next_attempt_at - now;
  const own_ms = MAX_JITTER * (delays_ms[attempts - 1] ?? 0);
  const most_ms = asksToWait(last_status) ? Math.max(own_ms, MAX_RETRY_AFTER_MS) : own_ms;
  return rest_ms > 0 && rest_ms <= most_ms ? rest_ms : 0;
}

/** Between the delay and a quarter more, so that receivers that come back are not met by all at once. */
function withJitter(delay_ms: number): number {
  return delay_ms * (1 + Math.random() * (MAX_JITTER - 1));
}
