/**
 * The thread that holds the database's connections, so that nothing SQLite waits for (a disk, a checkpoint) holds up
 * the server's event loop. It does one statement a message and decides nothing: locks that others hold are
 * answered at once, and `sqlite_thread.ts` on the other side tries again.
 *
 * One connection writes, another reads: a read sees what was committed and is never behind a transaction.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** What a statement is run on. */
export type ConnectionName = "read" | "write";

/** How rows are wanted, in drizzle's words: none, all, or the first; a row is an array of values. */
export type Method = "run" | "all" | "get" | "values";

export type SqlValue = null | number | bigint | string | Uint8Array;

export type Task =
  | { type: "open"; path: string; readOnly?: boolean }
  | { type: "query"; on: ConnectionName; sql: string; params: SqlValue[]; method: Method }
  /** Replaces the writing connection; whatever transaction it was in is rolled back. */
  | { type: "renew" }
  /** The same, with one that holds rows to the rows they refer to, or not, as a migration needs. */
  | { type: "enforce"; foreign_keys: boolean }
  /** Moves the log into the database and empties it, as far as nobody reads there. */
  | { type: "checkpoint" }
  | { type: "close" };

export type Question = { id: number; task: Task };

export type Answer =
  | { id: number; rows: unknown[] | undefined }
  /** `result_code` is SQLite's, with its details; null for what is none of SQLite's errors. */
  | { id: number; error: { message: string; result_code: number | null } };

/** The part of a worker's global scope that is used. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(answer: Answer): void;
}

const MAX_STATEMENTS = 200;

/** The log is moved into the database when it has so many pages, and cut back when a large transaction made it longer. */
const LOG_PAGES = 1000;
const MAX_KEPT_LOG_BYTES = 4 * 1024 * 1024;

/** A connection with the statements prepared on it, so that each is parsed once. */
class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, readOnly: boolean, enableForeignKeyConstraints: boolean) {
    // No waiting here: a lock is told of, and the one thread goes on with what needs none.
    this.#database = new DatabaseSync(path, { timeout: 0, readOnly, enableForeignKeyConstraints });
  }

  run(sql: string, params: SqlValue[], method: Method): unknown[] | undefined {
    const statement = this.#prepare(sql);
    try {
      if (method === "run") return void statement.run(...params);
      if (method === "get") return statement.get(...params) as unknown[] | undefined;
      return statement.all(...params) as unknown[];
    } catch (error) {
      // One that was cut short must not stay open, or no transaction could end.
      this.#statements.delete(sql);
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql) as StatementSync & { setReturnArrays(on: boolean): void };
    statement.setReturnArrays(true);
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

let path = "";
let readOnly = false;
let foreignKeys = true;
const connections: Partial<Record<ConnectionName, Connection>> = {};

/** A connection, opened when it is first used. */
function connection(name: ConnectionName): Connection {
  if (connections[name]) return connections[name];
  const opened = new Connection(path, readOnly, foreignKeys);
  try {
    // Safe against a crash of the process; only a power cut can lose the last commits.
    opened.run("pragma synchronous = normal", [], "run");
    opened.run(`pragma wal_autocheckpoint = ${LOG_PAGES}`, [], "run");
    opened.run(`pragma journal_size_limit = ${MAX_KEPT_LOG_BYTES}`, [], "run");
    if (name === "read") opened.run("pragma query_only = on", [], "run");
  } catch (error) {
    opened.close();
    throw error;
  }
  return connections[name] = opened;
}

function drop(name: ConnectionName): void {
  const dropped = connections[name];
  delete connections[name];
  dropped?.close();
}

/** What each task does; what it gives is the answer's rows. */
const TASKS: { [T in Task["type"]]: (task: Extract<Task, { type: T }>) => unknown[] | undefined } = {
  open(task) {
    path = task.path;
    readOnly = task.readOnly ?? false;
    return undefined;
  },
  query: ({ on, sql, params, method }) => connection(on).run(sql, params, method),
  renew() {
    drop("write");
    return undefined;
  },
  enforce({ foreign_keys }) {
    foreignKeys = foreign_keys;
    drop("write");
    return undefined;
  },
  checkpoint: () => connection("write").run("pragma wal_checkpoint(truncate)", [], "all"),
  close() {
    drop("write");
    drop("read");
    return undefined;
  },
};

/** SQLITE_CORRUPT */
const CORRUPT = 11;

/** SQLite's code; a number that is too large for JavaScript is none that this program has written. */
function resultCode(thrown: unknown): number | null {
  const { code, errcode } = thrown as { code?: unknown; errcode?: unknown };
  if (code === "ERR_OUT_OF_RANGE") return CORRUPT;
  return typeof errcode === "number" ? errcode : null;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data: { id, task } }) => {
  try {
    const rows = (TASKS[task.type] as (task: Task) => unknown[] | undefined)(task);
    scope.postMessage({ id, rows });
  } catch (thrown) {
    scope.postMessage({ id, error: { message: (thrown as Error).message, result_code: resultCode(thrown) } });
  }
};
