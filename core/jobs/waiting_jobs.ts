/** Jobs that had no room when their turn came: when each is looked at again, and whom that holds up. */
import { type Backoff, BETWEEN_LOOKS, retryDelay_ms } from "./retry_delay.ts";

/** After so many looks in vain no other job is begun before one that waits, while any runs. */
const PATIENT_LOOKS = 5;

interface Wait {
  looks: number;
  /** On the clock of `performance.now()`. */
  until: number;
}

export class WaitingJobs {
  readonly #backoff: Backoff;
  readonly #waits = new Map<string, Wait>();
  /** While the machine has no room for any. */
  #everybody: Wait | null = null;

  constructor(backoff: Backoff = BETWEEN_LOOKS) {
    this.#backoff = backoff;
  }

  /** The job has no room; with `everybody` no other has. */
  add(id: string, everybody: boolean): void {
    this.#waits.set(id, this.#longer(this.#waits.get(id)));
    if (everybody) this.#everybody = this.#longer(this.#everybody);
  }

  /** Somebody has asked something else of the job. */
  remove(id: string): void {
    this.#waits.delete(id);
  }

  /** A job has left its place: whoever waits may have room now. */
  lookAgain(): void {
    this.#everybody = null;
    for (const wait of this.#waits.values()) wait.until = 0;
  }

  /** Milliseconds until any job can begin; 0 for now. */
  get held_ms(): number {
    return Math.max(0, (this.#everybody?.until ?? 0) - performance.now());
  }

  /** Jobs whose time has not come. */
  get ids(): string[] {
    return this.#later().map(([id]) => id);
  }

  /** Whether one has waited for so long that nobody goes before it. */
  get comeFirst(): boolean {
    return this.#later().some(([, { looks }]) => looks >= PATIENT_LOOKS);
  }

  /** Milliseconds until the time of one comes; null when none waits. */
  get next_ms(): number | null {
    const times = this.#later().map(([, { until }]) => until - performance.now());
    return times.length > 0 ? Math.max(0, Math.min(...times)) : null;
  }

  #later(): [string, Wait][] {
    const now = performance.now();
    return [...this.#waits].filter(([, { until }]) => until > now);
  }

  #longer(wait: Wait | null | undefined): Wait {
    const looks = (wait?.looks ?? 0) + 1;
    return { looks, until: performance.now() + retryDelay_ms(this.#backoff, looks) };
  }
}
