/**
 * Work on texts by what a model folder holds, its template and its tokenizer. Nothing can interrupt a pattern or a loop
 * that has no end, so whoever watches this process is told before the work and after it; between texts, others have
 * their turn.
 */

import { setImmediate } from "node:timers/promises";
import type { FolderWork } from "../contract/protocol.ts";

/** Texts are worked on for so long before the rest of the process has its turn. */
const SLICE_MS = 10;

export class TextWork {
  readonly #tell: (work: FolderWork | null) => void;
  readonly #signal: AbortSignal | undefined;
  #work: FolderWork | null = null;
  #sliceEnd = 0;

  /**
   * @param tell called when work begins, and with null when it ends or makes a pause
   * @param signal ends work between two texts, by its reason
   */
  constructor(tell: (work: FolderWork | null) => void = () => {}, signal?: AbortSignal) {
    this.#tell = tell;
    this.#signal = signal;
  }

  /** What `work` makes of each item, in order. */
  async map<T, U>(items: readonly T[], work: (item: T, index: number) => U): Promise<U[]> {
    const made: U[] = [];
    await this.each(0, items.length, (index) => made.push(work(items[index]!, index)));
    return made;
  }

  /** Works through the numbers from `from` to below `to`, in order. */
  async each(from: number, to: number, work: (index: number) => unknown): Promise<void> {
    try {
      for (let index = from; index < to; index++) {
        if (performance.now() >= this.#sliceEnd) await this.#turn();
        this.#say("texts");
        work(index);
      }
    } finally {
      this.#say(null);
    }
  }

  /** What `work` gives, which may take a while and cannot be cut into slices. */
  async whole<T>(work: () => Promise<T>): Promise<T> {
    this.#say("folder");
    try {
      return await work();
    } finally {
      this.#say(null);
    }
  }

  /** Lets others have their turn. */
  async #turn(): Promise<void> {
    this.#say(null);
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#sliceEnd = performance.now() + SLICE_MS;
  }

  #say(work: FolderWork | null): void {
    if (work === this.#work) return;
    this.#work = work;
    this.#tell(work);
  }
}
