/**
 * Slows down whoever tries keys: each address may send so many wrong ones at once and so many a second, and all addresses
 * together too. Who has sent none is never slowed. Bounded in memory.
 */
import { type Bucket, filled, type Rate } from "./token_bucket.ts";

const EACH: Rate = { burst: 20, per_s: 1 };
const ALL: Rate = { burst: 200, per_s: 20 };
const MAX_ADDRESSES = 10_000;

/** A client's network: one has all addresses below its IPv6 prefix of 64 bits. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (!address.includes(":")) return address;
  const [head, tail] = address.split("%")[0]!.split("::");
  const groups = head!.split(":").filter(Boolean);
  if (tail !== undefined) {
    const after = tail.split(":").filter(Boolean);
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  return groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(":");
}

export class WrongKeys {
  readonly #now: () => number;
  /** Of addresses that sent wrong keys lately, the latest last. */
  readonly #each = new Map<string, Bucket>();
  #all: Bucket | undefined;

  /** @param now a clock in ms that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#each.size;
  }

  /** Seconds until a key from `address` is looked at; 0: now. */
  wait(address: string): number {
    const now = this.#now();
    const known = this.#each.get(networkOf(address));
    if (!known) return 0;
    const bucket = filled(known, EACH, now);
    const all = filled(this.#all, ALL, now);
    // A key of somebody who has long sent no wrong one is looked at, whatever others send.
    const others = bucket.tokens >= EACH.burst ? 0 : (1 - all.tokens) / ALL.per_s;
    return Math.max(0, Math.ceil(Math.max((1 - bucket.tokens) / EACH.per_s, others)));
  }

  /** Counts a wrong key from `address`. */
  add(address: string): void {
    const now = this.#now();
    const network = networkOf(address);
    const bucket = filled(this.#each.get(network), EACH, now);
    this.#each.delete(network);
    this.#each.set(network, { ...bucket, tokens: Math.max(0, bucket.tokens - 1) });
    if (this.#each.size > MAX_ADDRESSES) this.#each.delete(this.#each.keys().next().value!);
    const all = filled(this.#all, ALL, now);
    this.#all = { ...all, tokens: Math.max(0, all.tokens - 1) };
  }
}
