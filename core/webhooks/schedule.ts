/**
 * Whose turn it is: which of the destinations that have something to send may send it now. A receiver is a URL, and many
 * destinations may have the same one. Those that are known to answer go first and are held up by nobody; those that
 * are new or fail share a part of the places, and are tried so many times a second, however many wait. It knows no
 * database, sends nothing and takes the time as it is told.
 */

/** Deliveries in progress, in all. */
const MAX_SENDING = 300;
/** Of these, to receivers that are not known to answer, */
const MAX_UNPROVEN = 200;
/** and of these, to those whose last try failed. */
const MAX_FAILING = 100;
/** To receivers of one host and port that are not known to answer. */
const MAX_UNPROVEN_OF_ORIGIN = 50;
/** To one receiver that is known to answer; any other has one. */
const MAX_OF_PROVEN = 8;
/** Tries a second at receivers that are not known to answer, and how many at once before that counts. */
const UNPROVEN_PER_S = 50;
const UNPROVEN_BURST = 50;
/** How long a receiver rests after a failure, for each destination that waits for it, and at most. */
const REST_OF_EACH_MS = 10;
const LONGEST_REST_MS = 2000;
/** Receivers with nothing to send whose last answer is remembered. */
const MAX_REMEMBERED = 1000;

interface Receiver {
  url: string;
  origin: string;
  /** Destinations with something to send, in their order. */
  line: Set<string>;
  sending: number;
  isProven: boolean;
  /** Tries that failed since one was accepted. */
  failures: number;
  /** Nothing is sent before. */
  rests_until: number;
}

/** What a destination may begin with. */
export interface Turn {
  destination: string;
  url: string;
}

export class Schedule {
  /** Receivers with a line or with deliveries in progress, by URL, the one that had its turn last at the end. */
  readonly #proven = new Map<string, Receiver>();
  readonly #failing = new Map<string, Receiver>();
  /** Those that nothing was sent to yet, the newest at the end. */
  readonly #fresh = new Map<string, Receiver>();
  /** Idle ones, the oldest first. */
  readonly #idle = new Map<string, Receiver>();
  readonly #unprovenOfOrigin = new Map<string, number>();
  /** What each turn in progress counts as: that may change before it is over. */
  readonly #turns = new Map<string, { receiver: Receiver; counts: "proven" | "fresh" | "failing" }>();
  #unproven = 0;
  #failingNow = 0;
  #tokens = UNPROVEN_BURST;
  #tokensAt = 0;

  /** Puts a destination into its receiver's line. */
  add(destination: string, url: string): void {
    const receiver = this.#receiver(url);
    receiver.line.add(destination);
    this.#place(receiver);
  }

  /** Takes a destination out of its line. */
  remove(destination: string, url: string): void {
    const receiver = this.#find(url);
    if (receiver?.line.delete(destination)) this.#place(receiver);
  }

  /** The next that may send; `done` has to be called when it has. Null: nobody, for now. */
  take(now: number): Turn | null {
    if (this.#turns.size >= MAX_SENDING) return null;
    const receiver = this.#firstProven() ?? this.#firstUnproven(now);
    if (!receiver) return null;
    const [destination] = receiver.line;
    receiver.line.delete(destination!);
    receiver.sending++;
    const counts = this.#tier(receiver);
    this.#turns.set(destination!, { receiver, counts });
    if (counts !== "proven") {
      this.#tokens--;
      this.#count(receiver, counts, 1);
    }
    // To the end, so that all have their turns.
    const tier = this.#tiers[counts];
    if (counts !== "fresh") tier.delete(receiver.url);
    tier.set(receiver.url, receiver);
    return { destination: destination!, url: receiver.url };
  }

  /** Ends a turn. @param accepted Whether the receiver took it; null when nothing was sent. */
  done(destination: string, accepted: boolean | null, now: number): void {
    const turn = this.#turns.get(destination);
    if (!turn) return;
    this.#turns.delete(destination);
    const { receiver, counts } = turn;
    receiver.sending--;
    if (counts !== "proven") this.#count(receiver, counts, -1);
    if (accepted !== null) {
      receiver.isProven = accepted;
      receiver.failures = accepted ? 0 : receiver.failures + 1;
      // The pause of a delivery is its own. Where thousands wait for one receiver, they would still try it all the time.
      const rest_ms = Math.min(REST_OF_EACH_MS * receiver.line.size, LONGEST_REST_MS);
      receiver.rests_until = accepted ? 0 : now + rest_ms;
    }
    this.#place(receiver);
  }

  /** Lets a receiver be tried at once, whatever became of earlier tries. */
  revive(url: string): void {
    const receiver = this.#find(url);
    if (!receiver || receiver.isProven) return;
    receiver.failures = 0;
    receiver.rests_until = 0;
    this.#place(receiver);
  }

  /** How long nobody's turn comes by itself, in ms: until then only `add` and `done` change anything. */
  wait(now: number): number {
    if (this.#turns.size >= MAX_SENDING || this.#unproven >= MAX_UNPROVEN) return Infinity;
    let wait_ms = Infinity;
    for (const tier of [this.#fresh, this.#failing]) {
      for (const receiver of tier.values()) {
        if (!this.#hasRoom(receiver)) continue;
        wait_ms = Math.min(wait_ms, Math.max(0, receiver.rests_until - now));
        if (wait_ms === 0) break;
      }
    }
    const token_ms = this.#tokens >= 1 ? 0 : (1 - this.#tokens) * 1000 / UNPROVEN_PER_S;
    return Math.max(wait_ms, Math.ceil(token_ms));
  }

  get #tiers() {
    return { proven: this.#proven, fresh: this.#fresh, failing: this.#failing };
  }

  #tier({ isProven, failures }: Receiver): "proven" | "fresh" | "failing" {
    return isProven ? "proven" : failures > 0 ? "failing" : "fresh";
  }

  #find(url: string): Receiver | undefined {
    return this.#proven.get(url) ?? this.#fresh.get(url) ?? this.#failing.get(url) ?? this.#idle.get(url);
  }

  #receiver(url: string): Receiver {
    return this.#find(url) ?? {
      ...{ url, origin: originOf(url), line: new Set(), sending: 0 },
      ...{ isProven: false, failures: 0, rests_until: 0 },
    };
  }

  /** Puts a receiver where it belongs as it is now. */
  #place(receiver: Receiver): void {
    const { url } = receiver;
    const isIdle = receiver.line.size === 0 && receiver.sending === 0;
    const place = isIdle ? this.#idle : this.#tiers[this.#tier(receiver)];
    if (place.get(url) === receiver) return;
    for (const other of [this.#proven, this.#fresh, this.#failing, this.#idle]) other.delete(url);
    place.set(url, receiver);
    if (this.#idle.size > MAX_REMEMBERED) this.#idle.delete(this.#idle.keys().next().value!);
  }

  #count({ origin }: Receiver, tier: "fresh" | "failing", by: 1 | -1): void {
    this.#unproven += by;
    if (tier === "failing") this.#failingNow += by;
    const count = (this.#unprovenOfOrigin.get(origin) ?? 0) + by;
    if (count === 0) this.#unprovenOfOrigin.delete(origin);
    else this.#unprovenOfOrigin.set(origin, count);
  }

  #firstProven(): Receiver | undefined {
    for (const receiver of this.#proven.values()) {
      if (this.#hasRoom(receiver)) return receiver;
    }
    return undefined;
  }

  #firstUnproven(now: number): Receiver | undefined {
    this.#tokens = Math.min(
      UNPROVEN_BURST,
      this.#tokens + Math.max(0, now - this.#tokensAt) * UNPROVEN_PER_S / 1000,
    );
    this.#tokensAt = now;
    if (this.#tokens < 1 || this.#unproven >= MAX_UNPROVEN) return undefined;
    // The newest first: among thousands that hang it does not wait for each of them to be found out.
    let newest: Receiver | undefined;
    for (const receiver of this.#fresh.values()) {
      if (this.#hasRoom(receiver)) newest = receiver;
    }
    if (newest) return newest;
    for (const receiver of this.#failing.values()) {
      if (receiver.rests_until <= now && this.#hasRoom(receiver)) return receiver;
    }
    return undefined;
  }

  #hasRoom(receiver: Receiver): boolean {
    if (receiver.line.size === 0) return false;
    if (receiver.isProven) return receiver.sending < MAX_OF_PROVEN;
    if ((this.#unprovenOfOrigin.get(receiver.origin) ?? 0) >= MAX_UNPROVEN_OF_ORIGIN) return false;
    return receiver.sending === 0 && (receiver.failures === 0 || this.#failingNow < MAX_FAILING);
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "";
}
