/**
 * Tells those who follow a job that its feed has grown. It carries no events: what there is to read is read from the
 * database, once for all who wait for it (`shared_events.ts`).
 */

/** Why a reader was woken: there may be more to read, it should show that it is alive, or it is over. */
export type Wake = "grown" | "beat" | "ended";

/** One reader's place in line. */
export class Subscription {
  readonly #close: () => void;
  /** What woke the reader while it did not wait; growth is not forgotten, a beat is. */
  #grown = false;
  #ended = false;
  #waiting: ((wake: Wake) => void) | null = null;

  /** @param close Called once, when the place is given up. */
  constructor(close: () => void) {
    this.#close = close;
  }

  /** Waits for the next wake; what the feed has grown since the last call counts. */
  async next(): Promise<Wake> {
    if (this.#ended) return "ended";
    const { promise, resolve } = Promise.withResolvers<Wake>();
    if (this.#grown) resolve("grown");
    else this.#waiting = resolve;
    const wake = await promise;
    this.#waiting = null;
    if (wake === "grown") this.#grown = false;
    return wake;
  }

  wake(wake: "grown" | "beat"): void {
    if (wake === "grown") this.#grown = true;
    this.#waiting?.(wake);
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting?.("ended");
    this.#close();
  }
}

export class EventFeed {
  readonly #readers = new Map<string, Set<Subscription>>();

  /** Whether anybody waits. */
  get hasReaders(): boolean {
    return this.#readers.size > 0;
  }

  /** Wakes all readers. */
  notifyAll(): void {
    for (const id of this.#readers.keys()) this.notify(id);
  }

  /** Wakes the readers of a job. */
  notify(jobId: string): void {
    for (const reader of this.#readers.get(jobId) ?? []) reader.wake("grown");
  }

  /** Begins to watch a job; what happens between two calls of `next` is not lost. */
  subscribe(jobId: string): Subscription {
    const readers = this.#readers.get(jobId) ?? new Set();
    const subscription = new Subscription(() => {
      readers.delete(subscription);
      if (readers.size === 0) this.#readers.delete(jobId);
    });
    this.#readers.set(jobId, readers.add(subscription));
    return subscription;
  }
}
