/** Watches a training that lives and may come no further: it is given many times its longest step, and an hour at least. */
import { DEADLINES, STALL_STEPS } from "../contract/deadlines.ts";

/** How often it looks, at most; time that this process stood still itself is not counted. */
const LOOK_MS = 1000;

export interface StallOptions {
  stall_ms?: number;
  /** What a step was estimated to take; null where that is not known. */
  step_seconds?: number | null;
  onStall: (silent_ms: number) => void;
}

export class StallWatch {
  readonly #look_ms: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #looks = 0;
  #longest_ms: number;
  #held = 0;

  constructor({ stall_ms = DEADLINES.stall_ms, step_seconds, onStall }: StallOptions) {
    this.#longest_ms = 1000 * (step_seconds ?? 0);
    this.#look_ms = Math.min(LOOK_MS, stall_ms / 4);
    this.#timer = setInterval(() => {
      if (this.#held === 0) this.#looks++;
      if (this.#silent_ms < Math.max(stall_ms, STALL_STEPS * this.#longest_ms)) return;
      this.close();
      onStall(this.#silent_ms);
    }, this.#look_ms);
    Deno.unrefTimer(this.#timer);
  }

  get #silent_ms(): number {
    return this.#looks * this.#look_ms;
  }

  /** It has come further. */
  progress(): void {
    this.#longest_ms = Math.max(this.#longest_ms, this.#silent_ms);
    this.#looks = 0;
  }

  /** What `work` takes is nothing that the training could be faster by. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await work();
    } finally {
      this.#held--;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
