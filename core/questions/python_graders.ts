/**
 * Python graders: checked, and run in closed processes, of which some wait for the next rows of the same grader. A process
 * is one asker's and one source's: what a grader leaves behind in it, no other sees.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import type { GradedRow } from "../graders/graded_row.ts";
import { failed, type RowGrade } from "../graders/row_grade.ts";
import type { Logger } from "../log.ts";
import { childIdentity } from "../processes/process_identity.ts";
import { Ended } from "./closed_process.ts";
import type { PyodideFolder } from "./pyodide_folder.ts";
import { notRun, type PythonLimits, PythonProcess } from "./python_process.ts";
import { ownFolder } from "./reward_modules.ts";

const HARNESS = fileURLToPath(new URL("./python_harness.ts", import.meta.url));
/** Processes that run or wait; whoever needs one more waits for one to be free. */
const MAX_PROCESSES = 4;
/** So many sources are known to be right. */
const MAX_READ = 1000;
/** How long one waits for more rows. */
const IDLE_MS = 60_000;

export interface PythonGradersOptions {
  pyodide: Pick<PyodideFolder, "find">;
  dataDir: string;
  limits: PythonLimits;
  logger: Logger;
  idle_ms?: number;
}

/** A process, and the folder that says whose it is. */
interface Worker {
  process: PythonProcess;
  folder: string;
  timer?: ReturnType<typeof setTimeout>;
}

export class PythonGraders {
  readonly #options: PythonGradersOptions;
  /** Those that wait, by asker and source; one that has read none is under no name. The longest first. */
  readonly #idle = new Map<string, Worker>();
  /** Sources that were read and found right, by their hashes: reading one again says the same. */
  readonly #read = new Set<string>();
  /** Those that run or wait. */
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: PythonGradersOptions) {
    this.#options = options;
  }

  /** Has the source read, and nothing of it run. @throws {UserError} `invalid_request` for what is no grader */
  async check(source: string, asker: string, signal?: AbortSignal): Promise<void> {
    const given = signal ?? new AbortController().signal;
    const known = keyOf(source, "");
    if (this.#read.has(known)) return;
    try {
      this.#release(keyOf(source, asker), await this.#worker(source, asker, given));
      if (this.#read.size >= MAX_READ) this.#read.clear();
      this.#read.add(known);
    } catch (thrown) {
      if (!(thrown instanceof Ended)) throw thrown;
      throw new UserError("invalid_request", `Cannot run Python graders: ${thrown.message}`);
    }
  }

  /**
   * Grades rows one after another.
   *
   * @param asker Whose rows they are: nobody else is given the process.
   * @throws the signal's reason once it is aborted
   */
  async grade(
    source: string,
    asker: string,
    rows: readonly GradedRow[],
    signal: AbortSignal,
  ): Promise<RowGrade[]> {
    const key = keyOf(source, asker);
    const grades: RowGrade[] = [];
    let worker: Worker | null = null;
    try {
      for (const row of rows) {
        if (worker?.process.ended) {
          this.#drop(worker);
          worker = null;
        }
        try {
          worker ??= await this.#worker(source, asker, signal);
          grades.push(await worker.process.grade(row, signal));
        } catch (thrown) {
          if (thrown instanceof Ended) grades.push(notRun(thrown));
          else if (thrown instanceof UserError) {
            grades.push(failed("python_grader_runtime_error", thrown.message));
          } else throw thrown;
        }
      }
    } finally {
      if (worker) this.#release(key, worker);
    }
    return grades;
  }

  /** Ends all that wait. */
  async close(): Promise<void> {
    await Promise.all([...this.#idle.keys()].map((key) => this.#endIdle(key)));
  }

  /** One that has read the source. @throws {UserError} for what is wrong with it; {Ended} */
  async #worker(source: string, asker: string, signal: AbortSignal): Promise<Worker> {
    const own = this.#take(keyOf(source, asker));
    if (own) return own;
    const unused = [...this.#idle].find(([, { process }]) => process.fresh)?.[0];
    const worker = (unused !== undefined && this.#take(unused)) || await this.#start(signal);
    try {
      const fault = await worker.process.read(source, signal);
      if (fault === null) return worker;
      this.#release("", worker);
      throw new UserError("invalid_request", `Cannot read the grader: ${fault}`);
    } catch (thrown) {
      if (!(thrown instanceof UserError)) this.#drop(worker);
      throw thrown;
    }
  }

  #take(key: string): Worker | undefined {
    const worker = this.#idle.get(key);
    if (worker) clearTimeout(worker.timer);
    this.#idle.delete(key);
    return worker;
  }

  async #start(signal: AbortSignal): Promise<Worker> {
    await this.#room(signal);
    let worker: Worker | null = null;
    try {
      const pyodide = await this.#options.pyodide.find();
      const { dataDir, limits, logger } = this.#options;
      const process = new PythonProcess({ harness: HARNESS, pyodide }, limits, logger);
      worker = { process, folder: await ownFolder(dataDir, childIdentity(process.pid)) };
      await process.loaded(signal);
      return worker;
    } catch (thrown) {
      if (worker) this.#drop(worker);
      else this.#leave();
      throw thrown;
    }
  }

  /** Waits until there may be one more, which there then is. */
  async #room(signal: AbortSignal): Promise<void> {
    while (this.#count >= MAX_PROCESSES) {
      const [oldest] = this.#idle.keys();
      if (oldest !== undefined) {
        await this.#endIdle(oldest);
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      signal.throwIfAborted();
    }
    this.#count++;
  }

  /** Lets one wait for more rows; one that ended, or whose place another waits for, goes. */
  #release(key: string, worker: Worker): void {
    if (worker.process.ended || this.#idle.has(key) || this.#waiting.length > 0) return this.#drop(worker);
    worker.timer = setTimeout(() => this.#endIdle(key), this.#options.idle_ms ?? IDLE_MS);
    this.#idle.set(key, worker);
  }

  async #endIdle(key: string): Promise<void> {
    const worker = this.#take(key);
    if (!worker) return;
    this.#drop(worker);
    await worker.process.end();
  }

  #drop({ process, folder }: Worker): void {
    this.#leave();
    void process.end().then(() => Deno.remove(folder, { recursive: true })).catch(() => {});
  }

  #leave(): void {
    this.#count--;
    this.#waiting.shift()?.();
  }
}

function keyOf(source: string, asker: string): string {
  return createHash("sha256").update(JSON.stringify([asker, source])).digest("hex");
}
