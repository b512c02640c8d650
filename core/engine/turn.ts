/** The turn of a command that runs by itself: it may leave it while it waits for somebody else, and take it again. */
import type { ReadersWriterQueue } from "./readers_writer_queue.ts";

export class Turn {
  readonly #queue: ReadersWriterQueue;
  #end = () => {};
  /** Waits that are under way. */
  #away = 0;

  constructor(queue: ReadersWriterQueue) {
    this.#queue = queue;
  }

  /** Resolves when everything before has been done. */
  begin(): Promise<void> {
    return new Promise((begun) => {
      this.#queue.alone(() => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#end = resolve;
        begun();
        return promise;
      });
    });
  }

  /** Lets others have theirs. */
  end(): void {
    this.#end();
  }

  /** What `wait` gives. Others may work meanwhile, until the last of several waits is over and it is their turn again. */
  async leave<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#away++ === 0) this.end();
    try {
      return await wait();
    } finally {
      if (--this.#away === 0) await this.begin();
    }
  }
}
