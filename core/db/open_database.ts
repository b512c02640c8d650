/**
 * The SQLite file below DATA_DIR, opened once by the API process; queries are written with drizzle by those who need
 * them. SQLite runs on a thread of its own (`sqlite_worker.ts`). Locks that other programs hold are waited for by
 * asking again, for a bounded time, and never by blocking.
 */
import { type AsyncRemoteCallback, drizzle, type SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy";
import { join } from "node:path";
import { knownFault, UserError } from "../errors.ts";
import { createLogger, type Logger } from "../log.ts";
import { checkOrigin, checkTables, faultsOf } from "./check_database.ts";
import { DamageLog } from "./damage_log.ts";
import { DamagedData, isDamage } from "./damaged_data.ts";
import { checkFiles, createFile, DATABASE_FILE, RESTORE, unusable } from "./database_file.ts";
import { lockFolder } from "./lock_folder.ts";
import { idsAfterAll, migrateDatabase, MIGRATIONS_FOLDER, sentence } from "./migrate_database.ts";
import { measuredWrite } from "./measured_write.ts";
import { busy, LONGEST_PAUSE_MS, patience, retried } from "./patience.ts";
import { isBusy, isInaccessible } from "./sqlite_error.ts";
import { SqliteThread, threadDied } from "./sqlite_thread.ts";
import type { ConnectionName, Method, SqlValue, Task } from "./sqlite_worker.ts";
import { Turns } from "./turns.ts";

/** How long somebody else's lock is waited for while the server starts, when there is nobody to tell but the one who started it. */
const START_PATIENCE_MS = 10_000;
/** How long a statement may take; more than any does unless the disk hangs. */
const ANSWER_MS = 15_000;

/** Pages go to a log first, so that reads and a write do not wait for each other. */
const USE_LOG: Task = {
  type: "query",
  on: "write",
  sql: "pragma journal_mode = wal",
  params: [],
  method: "run",
};

type Connection = SqliteRemoteDatabase<Record<string, never>>;

/** What reads outside a transaction. */
export type Reader = Pick<Connection, "select" | "selectDistinct" | "values">;

/** A transaction in progress; reads in it see its own writes. */
export type Transaction = Pick<Connection, "select" | "selectDistinct" | "insert" | "update" | "delete">;

export interface WriteOptions {
  /**
   * How long to wait for other writes and for other programs' locks; 2 s without one. What has nobody waiting for
   * an answer can wait for good (`Infinity`).
   */
  patience_ms?: number;
  /** Once it is aborted, waiting ends within 2 s. */
  signal?: AbortSignal;
}

export interface Database {
  /** Names this process among those that share the database; another at every start. */
  readonly owner: string;
  /** Whether other servers read and write it too. */
  readonly isShared: boolean;
  /**
   * For reads outside a transaction.
   *
   * @throws UserError `database_busy` when another program keeps the file locked, `runtime_unavailable` when the
   * disk does not answer; drizzle's error has it as its cause.
   */
  readonly read: Reader;
  /** The same where nobody waits for an answer: one that is away is waited for as `options` say. */
  reading(options: WriteOptions): Reader;
  /**
   * Runs `work` in a transaction, one at a time. On a server `work` is run again when the connection was lost before the
   * transaction was written: it changes nothing but through `tx`.
   *
   * @throws UserError `database_busy` when its turn does not come in time.
   */
  write<T>(work: (tx: Transaction) => Promise<T>, options?: WriteOptions): Promise<T>;
  /**
   * Says in the log, once for each record, that it is damaged.
   *
   * @param record Names it to whoever asked for it: "The training job 'job_…'".
   * @returns What to throw.
   */
  damaged(record: string, error: unknown): DamagedData;
  /**
   * Changes with every transaction: what was read is still so while this is the same. What other servers write changes it
   * at the next `look`.
   */
  readonly version: number;
  /** Looks whether another server has written since the last time. @throws as `read` */
  look(): Promise<boolean>;
  /** Waits for writes in progress and lets go of the files. */
  close(): Promise<void>;
}

/** A database over the file that `thread` holds. */
class ThreadedDatabase implements Database {
  readonly owner = crypto.randomUUID();
  readonly isShared = false;
  readonly read: Connection;
  readonly #thread: SqliteThread;
  readonly #turns = new Turns();
  /** Whether whoever has the turn has met another program's lock, or has closed the database. */
  #isHeldUp = false;
  readonly #damage: DamageLog;
  #version = 0;

  constructor(thread: SqliteThread, logger: Logger) {
    this.#thread = thread;
    this.#damage = new DamageLog(logger);
    this.read = drizzle(async (sql, params, method) => {
      const waiting = patience({});
      try {
        return await retried(() => this.#query("read", sql, params, method), waiting.signal);
      } finally {
        waiting.end();
      }
    });
  }

  get version(): number {
    return this.#version;
  }

  reading(): Reader {
    return this.read;
  }

  look(): Promise<boolean> {
    return Promise.resolve(false);
  }

  write<T>(work: (tx: Transaction) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    return measuredWrite(() => this.#write(work, options));
  }

  async #write<T>(work: (tx: Transaction) => Promise<T>, options: WriteOptions): Promise<T> {
    const waiting = patience(options, () => this.#isHeldUp);
    try {
      if (!await this.#turns.begin(waiting.signal)) throw busy();
      try {
        await retried(() => this.#begin(), waiting.signal);
      } catch (error) {
        this.#turns.end();
        throw error;
      }
    } finally {
      waiting.end();
    }
    return await this.#transaction(work);
  }

  damaged(record: string, error: unknown): DamagedData {
    return this.#damage.add(record, error);
  }

  async close(): Promise<void> {
    await this.#turns.begin(new AbortController().signal);
    this.#isHeldUp = true;
    // Whatever still has the file open keeps SQLite from doing this by itself, and a copy of the file alone would lack it.
    await this.#thread.ask({ type: "checkpoint" }, ANSWER_MS).catch(() => {});
    await this.#thread.close();
  }

  async #query(on: ConnectionName, sql: string, params: SqlValue[], method: Method) {
    const rows = await this.#thread.ask({ type: "query", on, sql, params, method }, ANSWER_MS);
    return { rows: rows as unknown[] } as Awaited<ReturnType<AsyncRemoteCallback>>;
  }

  /** Takes SQLite's lock for writing. A connection that failed to is not used again. */
  async #begin(): Promise<void> {
    try {
      await this.#query("write", "begin immediate", [], "run");
      this.#isHeldUp = false;
    } catch (error) {
      this.#isHeldUp = isBusy(error);
      this.#thread.ask({ type: "renew" }).catch(() => {});
      throw error;
    }
  }

  /** Does the work in a transaction that has begun, and ends it and the turn. */
  async #transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { deaths } = this.#thread;
    let over = false;
    let hasWritten = false;
    const tx = drizzle((sql, params, method) => {
      if (over) throw new Error("Cannot run a statement as its transaction is over");
      if (this.#thread.deaths !== deaths) throw threadDied();
      hasWritten ||= !/^\s*select\b/i.test(sql);
      return this.#query("write", sql, params, method);
    });
    try {
      const result = await work(tx);
      over = true;
      if (this.#thread.deaths !== deaths) throw threadDied();
      // However long it takes: what becomes of it has to be known.
      await this.#thread.ask({ type: "query", on: "write", sql: "commit", params: [], method: "run" });
      if (hasWritten) this.#version++;
      this.#turns.end();
      return result;
    } catch (error) {
      over = true;
      // Nobody waits for a disk that hangs to hear of an error that is known; the next turn does.
      this.#thread.ask({ type: "renew" }).catch(() => {}).finally(() => this.#turns.end());
      throw error;
    }
  }
}

/** Whether `unusableFile` or a `UserError` says what is wrong. */
function isKnown(thrown: unknown): boolean {
  return isDamage(thrown) || isInaccessible(thrown) || knownFault(thrown) instanceof UserError;
}

/** What SQLite says of a file it cannot use, in one sentence that names the file. */
function unusableFile(path: string, thrown: unknown): unknown {
  if (isDamage(thrown)) return unusable(path, `it is damaged (${sentence(thrown)})`, RESTORE);
  if (isInaccessible(thrown)) return unusable(path, sentence(thrown), "Make it and its folder writable");
  const fault = knownFault(thrown);
  if (fault instanceof UserError && fault.code === "database_busy") {
    return unusable(path, "another program keeps it locked", "End that program, or wait for it");
  }
  return fault;
}

/** Makes an empty database at `path`, and lets the thread go on there with what is at `then`. */
async function initialize(thread: SqliteThread, path: string, then: string): Promise<void> {
  for (
    const task of [{ type: "open", path }, USE_LOG, { type: "close" }, { type: "open", path: then }] as const
  ) {
    await thread.ask(task);
  }
}

/**
 * Opens the database in `folder` beside the server that has it, or instead of one: for short reads and writes of
 * another program. A server's own caches hear nothing of them.
 *
 * @throws UserError when there is none and none may be made, or when it is not of this version
 */
export async function openBesideServer(
  folder: string,
  { create }: { create: boolean },
  logger: Logger = createLogger("silent"),
): Promise<Database> {
  const path = join(folder, "proximal.db");
  const isThere = await Deno.stat(path).then(() => true, () => false);
  if (!isThere && !create) {
    throw new UserError(
      "not_found",
      `There is no database in DATA_DIR '${folder}': no server has run there yet`,
    );
  }
  for (const end = performance.now() + START_PATIENCE_MS;;) {
    const beside = await besideServer(path, logger);
    if (beside) return beside;
    // No server is there that would make or migrate it, or one is just about to.
    if (await isFree(folder)) return await openDatabase(folder, logger);
    if (performance.now() > end) {
      throw new UserError(
        "runtime_unavailable",
        `The server that uses DATA_DIR '${folder}' is of another version: stop it, and start this one`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LONGEST_PAUSE_MS));
  }
}

/** A connection to a database that is there and has all that this version reads, or null. */
async function besideServer(path: string, logger: Logger): Promise<Database | null> {
  if (!await Deno.stat(path).then(() => true, () => false)) return null;
  const thread = new SqliteThread({ path }, logger);
  try {
    const database = new ThreadedDatabase(thread, logger);
    await checkTables(database.read, path);
    return database;
  } catch {
    await thread.close();
    return null;
  }
}

/** Whether no server has a folder, which may not be there. */
async function isFree(folder: string): Promise<boolean> {
  try {
    (await lockFolder(folder)).close();
    return true;
  } catch (error) {
    return !(error instanceof UserError);
  }
}

/**
 * Opens (and creates or migrates) the database in `folder`.
 *
 * @throws UserError when another process holds the folder or keeps the file locked, or when the file cannot be used:
 * then with its path, for the person who starts the server.
 */
export async function openDatabase(
  folder: string,
  logger: Logger = createLogger("silent"),
): Promise<Database> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  const path = join(folder, DATABASE_FILE);
  const thread = new SqliteThread({ path }, logger);
  const database = new ThreadedDatabase(thread, logger);
  try {
    const isThere = await checkFiles(folder, path);
    if (!isThere) await createFile(path, (unfinished) => initialize(thread, unfinished, path));
    await prepare(database, thread, path);
  } catch (error) {
    await thread.close();
    lock.close();
    throw unusableFile(path, error);
  }
  const close = database.close.bind(database);
  database.close = async () => {
    await close();
    lock.close();
  };
  return database;
}

/** Checks and migrates an open database. */
async function prepare(database: ThreadedDatabase, thread: SqliteThread, path: string): Promise<void> {
  const waiting = patience({ patience_ms: START_PATIENCE_MS });
  try {
    await retried(() => thread.ask(USE_LOG), waiting.signal);
  } finally {
    waiting.end();
  }
  const faults = await faultsOf(database.read);
  if (faults.length > 0) throw new DamagedData("The file", { cause: new Error(faults[0]) });
  await checkOrigin(database.read, path, MIGRATIONS_FOLDER);
  // A table that is made again is dropped first, and would take along what refers to it.
  await thread.ask({ type: "enforce", foreign_keys: false });
  await database.write((tx) => migrateDatabase(tx, path, isKnown), { patience_ms: START_PATIENCE_MS });
  await thread.ask({ type: "enforce", foreign_keys: true });
  await checkTables(database.read, path);
  await idsAfterAll(database.read);
}
