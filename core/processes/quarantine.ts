/** Who made a folder's files hang, and for how long they are not asked again: each time costs a process and seconds. */
import { UserError } from "../errors.ts";

/** Hangs this far apart are forgotten. */
const MEMORY_MS = 600_000;
/** After the second hang and each that follows, twice as long every time. */
const FIRST_MS = 60_000;
const LONGEST_MS = 600_000;
const MAX_ENTRIES = 1000;

interface Hangs {
  count: number;
  last: number;
  until: number;
  error: UserError;
}

export class Quarantine {
  /** The oldest comes first. */
  readonly #hangs = new Map<string, Hangs>();
  readonly #now: () => number;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Notes that what `client` asked of the folders `key` hung. */
  add(client: string, key: string, error: UserError): void {
    const place = JSON.stringify([client, key]);
    const now = this.#now();
    const before = this.#hangs.get(place);
    const count = before && now - before.last < MEMORY_MS ? before.count + 1 : 1;
    const pause = count < 2 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 2));
    this.#hangs.delete(place);
    this.#hangs.set(place, { count, last: now, until: now + pause, error });
    if (this.#hangs.size > MAX_ENTRIES) this.#hangs.delete(this.#hangs.keys().next().value!);
  }

  /** @throws UserError the hang's, while `client` is not to ask these folders again */
  check(client: string, key: string): void {
    const hangs = this.#hangs.get(JSON.stringify([client, key]));
    const left = hangs ? hangs.until - this.#now() : 0;
    if (!hangs || left <= 0) return;
    const { code, message, errors } = hangs.error;
    const detail = `${message}; it is not tried again for ${Math.ceil(left / 1000)} s`;
    throw new UserError(code, detail, errors, { cause: hangs.error });
  }
}
