/**
 * The keys that a server takes: those of API_KEYS, and those of the database, which are read again every second, as
 * another process may make and revoke them.
 */
import { timingSafeEqual } from "node:crypto";
import type { Database } from "../db/open_database.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { environmentKeyId } from "./environment_key_id.ts";
import { keyHash } from "./key_text.ts";
import { type KeyScope, readLiveKeys, recordUse } from "./stored_keys.ts";

/** How soon a key that was made or revoked is known. */
const REFRESH_MS = 1000;
/** While the database cannot be read, what was read last counts for so long. */
const STALE_MS = 30_000;
/** How exactly it is told when a key was last used. */
const USE_MS = 60_000;

/** Who asks. */
export interface Caller {
  /** `key_…`, or `env_…` for a key of API_KEYS. */
  id: string;
  scope: KeyScope;
}

interface Key extends Caller {
  hash: Uint8Array;
  /** In ms; Infinity for never. */
  ends: number;
}

export interface KeyRingOptions {
  db: Database;
  /** The keys of API_KEYS, which may do everything. */
  environment: readonly string[];
  logger: Logger;
  refresh_ms?: number;
}

export class KeyRing {
  readonly #options: KeyRingOptions;
  readonly #environment: readonly Key[];
  #stored: readonly Key[] = [];
  #any = false;
  /** When the database was last read, by a clock that never goes back. */
  #readAt = -Infinity;
  #reading: Promise<void> | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #failing = false;
  /** When each key was last used, as far as that has been written. */
  readonly #used = new Map<string, number>();
  #unwritten = new Map<string, Date>();
  readonly #holders = new Map<string, Set<AbortController>>();

  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#environment = options.environment.map((text) => ({
      ...{ id: environmentKeyId(text), scope: "admin", hash: keyHash(text), ends: Infinity },
    }));
  }

  /** Reads the keys, and goes on reading them. @throws what the database says */
  async open(): Promise<void> {
    await this.#read();
    const tick = () => this.#reading ? undefined : this.refresh().catch(() => {});
    this.#timer = setInterval(tick, this.#options.refresh_ms ?? REFRESH_MS);
    Deno.unrefTimer(this.#timer);
  }

  /** Whether a key is needed: once one was made, for good. */
  get required(): boolean {
    return this.#any || this.#environment.length > 0;
  }

  /** How many keys hold. */
  get size(): number {
    return this.#environment.length + this.#stored.length;
  }

  /**
   * Whose key this is; null: nobody's. Compares with every key in constant time.
   *
   * @throws UserError `runtime_unavailable` when it has long not been known which keys hold
   */
  find(text: string): Caller | null {
    if (performance.now() - this.#readAt > STALE_MS) {
      throw new UserError("runtime_unavailable", "The server cannot read its API keys: try again later");
    }
    const hash = keyHash(text);
    const now = Date.now();
    let found: Key | null = null;
    for (const keys of [this.#environment, this.#stored]) {
      for (const key of keys) if (timingSafeEqual(key.hash, hash) && key.ends > now) found = key;
    }
    if (found === null) return null;
    if (this.#stored.includes(found)) this.#use(found.id, now);
    return { id: found.id, scope: found.scope };
  }

  /** Aborted once the key does not hold any more, within some two seconds; `release` it when it is of no use. */
  hold(id: string): { signal: AbortSignal; release(): void } {
    const holder = new AbortController();
    const holders = this.#holders.get(id) ?? new Set();
    this.#holders.set(id, holders.add(holder));
    const release = () => {
      holders.delete(holder);
      if (holders.size === 0 && this.#holders.get(id) === holders) this.#holders.delete(id);
    };
    return { signal: holder.signal, release };
  }

  /** Reads the keys again now, and writes down which were used. */
  async refresh(): Promise<void> {
    // A reading that has begun may have missed what the caller means.
    await this.#reading?.catch(() => {});
    await (this.#reading ??= this.#read().finally(() => this.#reading = null));
  }

  /** Reads no more. What is not written yet of the keys' use is. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading?.catch(() => {});
    await this.#writeUse();
  }

  async #read(): Promise<void> {
    const { db, logger } = this.#options;
    try {
      const { keys, any } = await readLiveKeys(db);
      this.#stored = keys.map(({ id, scope, hash, expires_at }) => ({
        ...{ id, scope, hash: Uint8Array.fromHex(hash), ends: expires_at?.getTime() ?? Infinity },
      }));
      this.#any ||= any;
      this.#readAt = performance.now();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) logger.error("Cannot read the API keys", { error: String(error) });
      this.#failing = true;
      throw error;
    }
    this.#endHolders();
    await this.#writeUse();
  }

  #endHolders(): void {
    const now = Date.now();
    for (const [id, holders] of this.#holders) {
      const holds = [...this.#environment, ...this.#stored].some((key) => key.id === id && key.ends > now);
      if (holds) continue;
      this.#holders.delete(id);
      for (const holder of holders) holder.abort();
    }
  }

  #use(id: string, now: number): void {
    // A clock that was set back must not keep times to come.
    if (Math.abs(now - (this.#used.get(id) ?? -Infinity)) < USE_MS) return;
    this.#used.set(id, now);
    this.#unwritten.set(id, new Date(now));
  }

  async #writeUse(): Promise<void> {
    if (this.#unwritten.size === 0) return;
    const used = this.#unwritten;
    this.#unwritten = new Map();
    // While somebody else writes, it is of no weight.
    await recordUse(this.#options.db, used).catch(() => {
      for (const id of used.keys()) this.#used.delete(id);
    });
  }
}
