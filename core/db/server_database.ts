/**
 * A database on a libSQL server that other servers of this program may share. Transactions are a stream each and hold the
 * server's one lock for writing; a connection that is lost before the end makes them begin anew, and one whose end got no
 * answer is looked for among what was written before anybody is told.
 */
import { type AsyncRemoteCallback, drizzle, type SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { DamageLog } from "./damage_log.ts";
import type { DamagedData } from "./damaged_data.ts";
import { isAway, type LibsqlServer, ServerAway, type ServerStream } from "./libsql_server.ts";
import type { Database, Reader, Transaction, WriteOptions } from "./open_database.ts";
import { measuredWrite } from "./measured_write.ts";
import { busy, patience, retried } from "./patience.ts";
import { isBusy } from "./sqlite_error.ts";
import type { SqlValue } from "./sqlite_worker.ts";
import { Turns } from "./turns.ts";

/** How long it is looked for whether a transaction was written, for those who wait for an answer. */
const RESOLVE_MS = 5000;

const NOW = "cast(unixepoch('subsec') * 1000 as integer)";
const MARK = `insert or replace into commits (owner, number, at) values (?, ?, ${NOW})`;

type Connection = SqliteRemoteDatabase<Record<string, never>>;
type Rows = Awaited<ReturnType<AsyncRemoteCallback>>;

/** Whether trying again may help. */
const isPassing = (thrown: unknown) => isBusy(thrown) || isAway(thrown);

/** What somebody is told who has waited long enough. */
function refusal(thrown: unknown): unknown {
  if (isBusy(thrown)) return busy();
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof ServerAway) return error;
  }
  return thrown;
}

export interface ServerWriteOptions extends WriteOptions {
  /** False while there is no table for them yet: nobody finds out whether such a transaction was written. */
  marked?: boolean;
  /** False lets a migration make tables again that others refer to. */
  foreign_keys?: boolean;
}

export class ServerDatabase implements Database {
  readonly owner = crypto.randomUUID();
  readonly isShared = true;
  readonly read: Connection;
  readonly #server: LibsqlServer;
  readonly #damage: DamageLog;
  readonly #turns = new Turns();
  /** A lock that came when nobody wanted it any more is being given back. */
  #late: Promise<void> = Promise.resolve();
  /** Why the lock could not be asked for the last time; null: it could. */
  #away: unknown = null;
  #version = 0;
  /** The highest mark that `look` has seen. */
  #seen: number | null = null;
  /** Of the last transaction. */
  #number = 0;

  constructor(server: LibsqlServer, logger: Logger) {
    this.#server = server;
    this.#damage = new DamageLog(logger);
    this.read = this.reading({});
  }

  get version(): number {
    return this.#version;
  }

  reading(options: WriteOptions): Connection & Reader {
    return drizzle(async (sql, params, method) => {
      const waiting = patience(options);
      try {
        const read = () => this.#server.stream().only(sql, params, method);
        return { rows: await retried(read, waiting.signal, isPassing, refusal) } as Rows;
      } finally {
        waiting.end();
      }
    });
  }

  async look(): Promise<boolean> {
    const [row] = await this.#server.stream().only("select max(id) from commits", [], "all") as [
      [number | null],
    ];
    const [highest] = row;
    if (highest === this.#seen) return false;
    this.#seen = highest;
    this.#version++;
    return true;
  }

  write<T>(work: (tx: Transaction) => Promise<T>, options: ServerWriteOptions = {}): Promise<T> {
    return measuredWrite(() => this.#write(work, options));
  }

  damaged(record: string, error: unknown): DamagedData {
    return this.#damage.add(record, error);
  }

  async close(): Promise<void> {
    await this.#turns.begin(new AbortController().signal);
    await this.#late;
    this.#server.close();
  }

  async #write<T>(work: (tx: Transaction) => Promise<T>, options: ServerWriteOptions): Promise<T> {
    const waiting = patience(options);
    try {
      if (!await this.#turns.begin(waiting.signal)) throw this.#impatience();
      try {
        const once = () => this.#transaction(work, options, waiting.signal);
        return await retried(once, waiting.signal, isPassing, refusal);
      } finally {
        this.#turns.end();
      }
    } finally {
      waiting.end();
    }
  }

  /** What somebody is told whose patience has ended before the lock came. */
  #impatience(): unknown {
    return this.#away === null ? busy() : refusal(this.#away);
  }

  /** Takes the server's lock for writing. */
  async #begin(signal: AbortSignal, foreign_keys = true): Promise<ServerStream> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    const give = () => reject(this.#impatience());
    over.catch(() => {});
    signal.addEventListener("abort", give, { once: true });
    try {
      await Promise.race([this.#late, over]);
      const stream = this.#server.stream();
      const begun = (async () => {
        if (!foreign_keys) await stream.query("pragma foreign_keys = off", [], "run");
        await stream.query("begin immediate", [], "run");
      })();
      try {
        await Promise.race([begun, over]);
        this.#away = null;
      } catch (error) {
        if (isAway(error)) this.#away = error;
        // One that nobody gives back would keep everybody else waiting for seconds.
        this.#late = begun.then(() => stream.query("rollback", [], "run")).then(() => {}, () => {})
          .finally(() => stream.close());
        throw error;
      }
      return stream;
    } finally {
      signal.removeEventListener("abort", give);
    }
  }

  /** One try at a transaction. */
  async #transaction<T>(
    work: (tx: Transaction) => Promise<T>,
    { marked = true, foreign_keys, ...options }: ServerWriteOptions,
    signal: AbortSignal,
  ): Promise<T> {
    const stream = await this.#begin(signal, foreign_keys);
    let over = false;
    let hasWritten = false;
    /** What has ended the transaction, whatever `work` made of it. */
    let lost: unknown;
    const tx = drizzle(async (sql, params: SqlValue[], method) => {
      if (over) throw new Error("Cannot run a statement as its transaction is over");
      if (lost !== undefined) throw lost;
      hasWritten ||= !/^\s*select\b/i.test(sql);
      try {
        return { rows: await stream.query(sql, params, method) } as Rows;
      } catch (error) {
        if (isAway(error)) lost = error;
        throw error;
      }
    });
    try {
      const result = await work(tx);
      over = true;
      if (lost !== undefined) throw lost;
      if (hasWritten) await this.#commit(stream, marked, options);
      else await stream.end([["rollback", []]]);
      return result;
    } finally {
      over = true;
      // Whatever was not committed is rolled back.
      stream.close();
    }
  }

  async #commit(stream: ServerStream, marked: boolean, options: WriteOptions): Promise<void> {
    const number = ++this.#number;
    try {
      await stream.end([...(marked ? [[MARK, [this.owner, number]] as const] : []), ["commit", []]]);
    } catch (error) {
      if (!marked || !isAway(error)) throw error;
      if (!await this.#wasWritten(number, options)) throw error;
    }
    this.#version++;
  }

  /**
   * Whether a transaction was written whose end got no answer. Who has the lock for writing knows that no other transaction
   * goes on: it was written by then, or never will be.
   *
   * @throws ServerAway when it cannot be found out in time
   */
  async #wasWritten(number: number, { signal, patience_ms = RESOLVE_MS }: WriteOptions): Promise<boolean> {
    const waiting = patience({ signal, patience_ms: Math.max(patience_ms, RESOLVE_MS) });
    const look = async () => {
      const stream = await this.#begin(waiting.signal);
      try {
        const rows = await stream.query("select number from commits where owner = ?", [this.owner], "all");
        await stream.end([["rollback", []]]);
        return (rows as [number][])[0]?.[0] === number;
      } finally {
        stream.close();
      }
    };
    const unknown = (cause: unknown) =>
      // Not one that is tried again by itself: it may have been done.
      new UserError(
        "runtime_unavailable",
        "The database server has gone while it wrote: what was asked for may have been done or not",
        [],
        { cause: (cause as Error)?.message },
      );
    try {
      return await retried(look, waiting.signal, isPassing, unknown);
    } finally {
      waiting.end();
    }
  }
}
