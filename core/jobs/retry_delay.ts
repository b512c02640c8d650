/** How long to wait before something is tried again: longer each time, and by chance a little longer than that. */

export interface Backoff {
  /** Before the second try; twice as long before the third, and so on. */
  first_ms: number;
  longest_ms: number;
}

/** Between a job's attempts. */
export const BETWEEN_ATTEMPTS: Backoff = { first_ms: 2000, longest_ms: 300_000 };

/** Between looks at whether there is room for a job by now. */
export const BETWEEN_LOOKS: Backoff = { first_ms: 1000, longest_ms: 30_000 };

/** The most that a pause is drawn out by. */
const MAX_JITTER = 1.25;

/** No job that is tried again waits longer. */
export const longestDelay_ms = BETWEEN_ATTEMPTS.longest_ms * MAX_JITTER;

/** Milliseconds before the next try. @param failures How many there were, from 1. */
export function retryDelay_ms({ first_ms, longest_ms }: Backoff, failures: number): number {
  const delay_ms = Math.min(longest_ms, first_ms * 2 ** (failures - 1));
  return Math.round(delay_ms * (1 + Math.random() * (MAX_JITTER - 1)));
}
