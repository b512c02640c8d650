/**
 * Tells those who follow a job that its feed has grown. It carries no events: readers look into the database,
 * so a slow reader costs nothing and misses nothing.
 */

/** One reader's place in line. */
export interface Subscription {
  /** Waits until the feed has grown since the last call, `timeout_ms` have passed or `signal` is aborted. */
  next(timeout_ms: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export class EventFeed {
  readonly #readers = new Map<string, Set<() => void>>();

  /** Wakes the readers of a job. */
  notify(jobId: string): void {
    for (const wake of this.#readers.get(jobId) ?? []) wake();
  }

  /** Begins to watch a job; what happens between two calls of `next` is not lost. */
  subscribe(jobId: string): Subscription {
    let grown = false;
    let waiting: (() => void) | null = null;
    const wake = () => {
      grown = true;
      waiting?.();
    };
    const readers = this.#readers.get(jobId) ?? new Set();
    this.#readers.set(jobId, readers.add(wake));
    return {
      async next(timeout_ms, signal) {
        if (!grown && !signal.aborted) {
          const { promise, resolve } = Promise.withResolvers<void>();
          const timer = setTimeout(resolve, timeout_ms);
          waiting = resolve;
          signal.addEventListener("abort", wake);
          await promise;
          // A reader waits after every event, on one signal: what each wait left there would add up.
          signal.removeEventListener("abort", wake);
          clearTimeout(timer);
          waiting = null;
        }
        grown = false;
      },
      close: () => {
        readers.delete(wake);
        if (readers.size === 0) this.#readers.delete(jobId);
      },
    };
  }
}
