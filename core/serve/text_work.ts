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
  #work: FolderWork | null = null;
  #sliceEnd = 0;

  /** @param tell called when work begins, and with null when it ends or makes a pause */
  constructor(tell: (work: FolderWork | null) => void = () => {}) {
    this.#tell = tell;
  }

  /** What `work` makes of each item, in order. */
  async map<T, U>(items: readonly T[], work: (item: T, index: number) => U): Promise<U[]> {
    const made: U[] = [];
    try {
      for (const [index, item] of items.entries()) {
        await this.#turn();
        made.push(work(item, index));
      }
    } finally {
      this.#say(null);
    }
    return made;
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

  /** Lets others have their turn when the slice is over. */
  async #turn(): Promise<void> {
    if (performance.now() >= this.#sliceEnd) {
      this.#say(null);
      await setImmediate();
      this.#sliceEnd = performance.now() + SLICE_MS;
    }
    this.#say("texts");
  }

  #say(work: FolderWork | null): void {
    if (work === this.#work) return;
    this.#work = work;
    this.#tell(work);
  }
}
