/**
 * The worker thread that holds the database, as a function call: a task in, a promise out. When the thread dies,
 * what it was doing fails and the next task gets another one.
 */
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { SqliteError } from "./sqlite_error.ts";
import type { Answer, Question, Task } from "./sqlite_worker.ts";

/** Tasks that may wait for the thread; more than ever come in unless the disk hangs. */
const MAX_PENDING = 2000;

interface Waiting {
  resolve(rows: unknown[] | undefined): void;
  reject(reason: unknown): void;
}

export interface SqliteFile {
  /** Absolute. */
  path: string;
  readOnly?: boolean;
}

export class SqliteThread {
  readonly #file: SqliteFile;
  readonly #logger: Logger;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #closed = false;
  #lastId = 0;
  #deaths = 0;

  constructor(file: SqliteFile, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  /** How often the thread has died: a transaction does not go on in another one. */
  get deaths(): number {
    return this.#deaths;
  }

  /**
   * Does a task after those that were given before.
   *
   * @param timeout_ms How long the caller waits. The task may be done later all the same.
   * @throws SqliteError for what SQLite says; UserError `runtime_unavailable` when the thread does not answer in time,
   * has died, is closed, or has too much to do.
   */
  async ask(task: Task, timeout_ms = Infinity): Promise<unknown[] | undefined> {
    if (this.#closed) throw new UserError("runtime_unavailable", "The server is stopping");
    if (this.#waiting.size >= MAX_PENDING) throw slow();
    this.#worker ??= this.#start();
    const answer = this.#post(this.#worker, task);
    if (timeout_ms === Infinity) return await answer;
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(slow()), timeout_ms);
    try {
      return await Promise.race([answer, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets go of the files and ends the thread; it does nothing after that. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (!worker) return;
    try {
      await this.#post(worker, { type: "close" });
    } finally {
      this.#worker = null;
      worker.terminate();
    }
  }

  #post(worker: Worker, task: Task): Promise<unknown[] | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown[] | undefined>();
    const id = ++this.#lastId;
    this.#waiting.set(id, { resolve, reject });
    worker.postMessage({ id, task } satisfies Question);
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./sqlite_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new SqliteError(data.error.message, data.error.result_code));
      else waiting?.resolve(data.rows);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#deaths++;
      worker.terminate();
      this.#logger.error("The database's thread died: another is started", { error: event.message });
      for (const { reject } of this.#waiting.values()) reject(threadDied());
      this.#waiting.clear();
    };
    this.#post(worker, { type: "open", ...this.#file }).catch(() => {});
    return worker;
  }
}

export function threadDied(): UserError {
  return new UserError("runtime_unavailable", "The database's thread died: try again");
}

function slow(): UserError {
  return new UserError("runtime_unavailable", "The database does not answer in time: try again later");
}
