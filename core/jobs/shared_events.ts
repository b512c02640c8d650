/**
 * Reads of jobs' events that many readers share: those at the same place of the same job get what one of them has
 * read. A full part of a feed never changes and is kept for who comes next; the end of it is read again when
 * something was written.
 */
import type { Database } from "../db/open_database.ts";
import type { EventRow } from "../db/schema.ts";
import { getJob, listEvents } from "./job_queries.ts";
import { joinBytes } from "../join_bytes.ts";
import { isFinal } from "../contract/job_states.ts";

/** Events that are read at once. */
const PART = 50;
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/** Some events of a job in a row. */
export interface EventPart {
  /** The events, encoded; shared, so not to be written into. */
  bytes: Uint8Array;
  /** Sequence number of the last event, or of the one before when there is none. */
  lastSeq: number;
  /** Whether there are more after it. */
  has_more: boolean;
  /** Whether the job has ended and these are its last events. */
  over: boolean;
}

interface Kept {
  part: Promise<EventPart>;
  /** Of the database when it was read; null for what never changes. */
  version: number | null;
  bytes: number;
}

export class SharedEvents {
  readonly #database: Database;
  readonly #encode: (row: EventRow) => Uint8Array;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** @param encode What of an event goes to readers. */
  constructor(database: Database, encode: (row: EventRow) => Uint8Array) {
    this.#database = database;
    this.#encode = encode;
  }

  /** The events of a job after the one with sequence number `seq`. */
  after(jobId: string, seq: number): Promise<EventPart> {
    const key = `${jobId}:${seq}`;
    const { version } = this.#database;
    const before = this.#kept.get(key);
    if (before && (before.version === null || before.version === version)) return before.part;
    if (before) this.#forget(key, before);
    const kept: Kept = { part: this.#read(jobId, seq), version, bytes: 0 };
    this.#kept.set(key, kept);
    kept.part.then(({ bytes, has_more }) => {
      if (this.#kept.get(key) !== kept) return;
      if (has_more) kept.version = null;
      kept.bytes = bytes.length;
      this.#bytes += bytes.length;
      for (const [oldest, one] of this.#kept) {
        if (this.#bytes <= MAX_KEPT_BYTES) break;
        this.#forget(oldest, one);
      }
    }, () => this.#forget(key, kept));
    return kept.part;
  }

  #forget(key: string, kept: Kept): void {
    if (this.#kept.get(key) !== kept) return;
    this.#kept.delete(key);
    this.#bytes -= kept.bytes;
  }

  async #read(jobId: string, seq: number): Promise<EventPart> {
    // Asked before the events are: whatever ended the job is then among them.
    const ended = isFinal((await getJob(this.#database, jobId)).status);
    const { rows, has_more } = await listEvents(this.#database, jobId, { limit: PART, afterSeq: seq });
    const bytes = joinBytes(rows.map(this.#encode));
    return { bytes, lastSeq: rows.at(-1)?.seq ?? seq, has_more, over: ended && !has_more };
  }
}
