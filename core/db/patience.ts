/** How long somebody waits for the database, and trying again until then. */
import { UserError } from "../errors.ts";
import type { WriteOptions } from "./open_database.ts";
import { isBusy } from "./sqlite_error.ts";

/** How long a read or a write waits for somebody else's lock before it is refused. */
const PATIENCE_MS = 2000;
/** So many times as long it waits for this server's own writes, which come to their end on however slow a disk. */
const OWN_TIMES = 10;
/** Pauses between tries. */
const FIRST_PAUSE_MS = 5;
export const LONGEST_PAUSE_MS = 100;

export function busy(): UserError {
  return new UserError(
    "database_busy",
    "Another program holds a lock on the server's database: try again later",
  );
}

/**
 * Aborted when patience is at its end; `end` clears the timer.
 *
 * @param isHeldUp Whether it is somebody else who is waited for; while it is not, patience lasts `OWN_TIMES` as long.
 */
export function patience({ patience_ms = PATIENCE_MS, signal }: WriteOptions, isHeldUp = () => true) {
  const out = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const within = (ms: number, times = 1) => {
    clearTimeout(timer);
    if (ms === Infinity) return;
    timer = setTimeout(() => isHeldUp() || times >= OWN_TIMES ? out.abort() : within(ms, times + 1), ms);
  };
  const hurry = () => within(PATIENCE_MS);
  within(signal?.aborted ? PATIENCE_MS : patience_ms);
  signal?.addEventListener("abort", hurry);
  const end = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", hurry);
  };
  return { signal: out.signal, end };
}

/**
 * Runs `work` again and again while what it throws is `passing` and `signal` is not aborted.
 *
 * @param refusal What is thrown then, of what was thrown last.
 */
export async function retried<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  passing: (thrown: unknown) => boolean = isBusy,
  refusal: (thrown: unknown) => unknown = busy,
): Promise<T> {
  for (let pause_ms = FIRST_PAUSE_MS;; pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!passing(error)) throw error;
      if (signal.aborted) throw refusal(error);
      await new Promise((resolve) => setTimeout(resolve, pause_ms));
    }
  }
}
