/**
 * What servers that share the database have done: found by looking, in one query for all who wait for it, often while
 * somebody does and jobs run, and now and then otherwise. What they have written wakes whoever it concerns here. Events
 * are numbered as they are committed, as one transaction writes at a time: none comes to be before one that was seen.
 */
import { asc, gt, max } from "drizzle-orm";
import type { Database } from "../db/open_database.ts";
import { events } from "../db/schema.ts";
import type { Logger } from "../log.ts";
import type { EventFeed } from "./event_feed.ts";
import type { Supervisor } from "./supervisor.ts";

const BUSY_MS = 250;
const IDLE_MS = 1000;
/** Events that are read at once. */
const PART = 1000;

export interface OtherServersOptions {
  db: Database;
  feed: EventFeed;
  /** Runs the jobs here, which others may ask something of. */
  supervisor: Pick<Supervisor, "running" | "heed">;
  /** Who else works on what others may have written. */
  workers: readonly { wake(): void }[];
  logger: Logger;
  busy_ms?: number;
  idle_ms?: number;
}

export class OtherServers {
  readonly #options: OtherServersOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Number of the last event that is known; null before the first look. */
  #seen: number | null = null;
  /** What was found has not been told of yet. */
  #behind = false;
  #failing = false;

  constructor(options: OtherServersOptions) {
    this.#options = options;
  }

  /** Begins to look, where there may be others. */
  start(): void {
    if (this.#options.db.isShared) this.#next();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #next(): void {
    if (this.#stopped) return;
    const { feed, supervisor, busy_ms = BUSY_MS, idle_ms = IDLE_MS } = this.#options;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().then(() => this.#next());
    }, feed.hasReaders || supervisor.running.size > 0 ? busy_ms : idle_ms);
  }

  async #look(): Promise<void> {
    const { db, logger, supervisor, workers } = this.#options;
    try {
      if (await db.look()) this.#behind = true;
      if (this.#behind) {
        await this.#tell();
        for (const worker of workers) worker.wake();
        await supervisor.heed();
        this.#behind = false;
      }
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        logger.error("Cannot read what other servers have written", { error: String(error) });
      }
      this.#failing = true;
    }
  }

  async #tell(): Promise<void> {
    const { db, feed } = this.#options;
    if (this.#seen === null) {
      const [last] = await db.read.select({ seq: max(events.seq) }).from(events);
      this.#seen = last?.seq ?? 0;
      feed.notifyAll();
      return;
    }
    for (let found = PART; found === PART;) {
      const rows = await db.read.select({ seq: events.seq, job_id: events.job_id }).from(events)
        .where(gt(events.seq, this.#seen)).orderBy(asc(events.seq)).limit(PART);
      for (const id of new Set(rows.map(({ job_id }) => job_id))) feed.notify(id);
      this.#seen = rows.at(-1)?.seq ?? this.#seen;
      found = rows.length;
    }
  }
}
