/**
 * A user's module in a process of its own that may do nothing: no file, no network, no environment, no program, and what
 * memory and time it is given. It is stopped between questions, and ended for good when it takes too long or too much, or
 * says what it should not.
 */
import { readLines } from "../contract/ndjson.ts";
import { allFailed, type RewardItem, type Scored } from "../contract/reward_question.ts";
import { cutText } from "../cut_text.ts";
import type { Logger } from "../log.ts";
import { residentBytes } from "../system_memory.ts";
import { withoutPaths } from "../without_paths.ts";
import { CLOSED_ENVIRONMENT, CLOSED_FLAGS } from "./module_files.ts";
import { BadScores, readScores } from "./read_scores.ts";

/** What an answer may have, and more for each item. */
const ANSWER_BYTES = 64 * 1024;
const ANSWER_ITEM_BYTES = 4 * 1024;
/** What is read of all that a process prints for people; then it has to wait for a reader that never comes. */
const PRINTED_BYTES = 1024 * 1024;
const PRINTED_LINE_BYTES = 1000;
/** A process that has not begun to answer by then never will. */
const START_MS = 60_000;
const LOOK_MS = 100;
const MIB = 1024 * 1024;
/** What a process of Deno holds, and what it may have mapped without holding it, before it has read a module. */
const OWN_RESIDENT_BYTES = 64 * MIB;
const OWN_MAPPED_BYTES = 640 * MIB;

export interface ModuleLimits {
  timeout_ms: number;
  memory_mb: number;
  /** How long it may take to start. */
  start_ms?: number;
}

/** Why a process gives nothing more. */
class Ended extends Error {}

export class ModuleProcess {
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;
  readonly #limits: ModuleLimits;
  readonly #logger: Logger;
  /** Of what it says now. */
  #answerBytes = ANSWER_BYTES;
  #lastPrinted = "";
  readonly #printed: Promise<void>;
  /** Why this side ended it. */
  #fault: string | null = null;
  #ended = false;

  /** @param entry the file that is run */
  constructor(entry: string, limits: ModuleLimits, logger: Logger) {
    const [program, ...args] = moduleCommand(entry, limits);
    this.#child = new Deno.Command(program!, {
      args,
      ...{ env: { ...CLOSED_ENVIRONMENT }, clearEnv: true, cwd: "/" },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    this.pid = this.#child.pid;
    this.#limits = limits;
    this.#logger = logger;
    this.#stdin = this.#child.stdin.getWriter();
    this.#stdin.closed.catch(() => {});
    this.#lines = readLines(this.#child.stdout.pipeThrough(this.#bounded()), Number.MAX_SAFE_INTEGER);
    this.#printed = this.#readPrinted().catch(() => {});
  }

  /** Whether it gives nothing more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Waits until the module is loaded. @returns why it cannot be; null when it is */
  async ready(signal: AbortSignal): Promise<string | null> {
    try {
      const { ready, fault } = await this.#exchange(null, 0, this.#limits.start_ms ?? START_MS, signal);
      if (ready === true) return null;
      await this.end();
      return typeof fault === "string" ? cutText(fault, 500) : SPOILED;
    } catch (thrown) {
      if (!(thrown instanceof Ended)) throw thrown;
      return thrown.message;
    }
  }

  /** @throws the signal's reason once it is aborted; the process has ended then */
  async answer(items: readonly RewardItem[], signal: AbortSignal): Promise<Scored> {
    const rows = items.length;
    try {
      const said = await this.#exchange(items, rows, this.#limits.timeout_ms, signal);
      if (typeof said.thrown === "string") {
        return allFailed(rows, `The module threw ${cutText(said.thrown, 500)}`);
      }
      return scoresOf(said.given, rows);
    } catch (thrown) {
      if (thrown instanceof BadScores) return allFailed(rows, thrown.message);
      if (!(thrown instanceof Ended)) throw thrown;
      return allFailed(rows, thrown.message);
    }
  }

  /** Ends it at once. */
  async end(): Promise<void> {
    this.#kill("SIGKILL");
    this.#ended = true;
    await this.#child.status;
    await this.#lines.return(undefined).catch(() => {});
    await Promise.all([this.#printed, this.#stdin.abort().catch(() => {})]);
  }

  /** Sends something, and gives what is said to it. */
  async #exchange(
    items: readonly RewardItem[] | null,
    rows: number,
    timeout_ms: number,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    signal.throwIfAborted();
    this.#answerBytes = ANSWER_BYTES + ANSWER_ITEM_BYTES * rows;
    this.#kill("SIGCONT");
    const giveUp = (fault: string) => {
      this.#fault ??= fault;
      this.#kill("SIGKILL");
    };
    const late = setTimeout(() => giveUp(`The module gave nothing within ${timeout_ms} ms`), timeout_ms);
    const most = this.#limits.memory_mb * MIB + OWN_RESIDENT_BYTES;
    const look = setInterval(() => {
      if (residentBytes(this.pid) > most) giveUp(tooMuch(this.#limits));
    }, LOOK_MS);
    const onAbort = () => giveUp("Nobody waits for the module any more");
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (items) this.#stdin.write(new TextEncoder().encode(JSON.stringify(items) + "\n")).catch(() => {});
      const { done, value } = await this.#lines.next().catch(() =>
        ({ done: true, value: undefined }) as const
      );
      if (done || this.#fault !== null) throw new Ended(await this.#describeEnd());
      this.#kill("SIGSTOP");
      return JSON.parse(value, revived);
    } catch (thrown) {
      await this.end();
      signal.throwIfAborted();
      throw thrown instanceof SyntaxError ? new Ended(SPOILED) : thrown;
    } finally {
      clearTimeout(late);
      clearInterval(look);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Ends a process that says more than an answer may have. */
  #bounded(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#answerBytes -= chunk.length;
        if (this.#answerBytes >= 0) return controller.enqueue(chunk);
        this.#fault ??= "The module said more than an answer may have";
        this.#kill("SIGKILL");
        controller.terminate();
      },
    });
  }

  async #describeEnd(): Promise<string> {
    if (this.#fault === null) this.#kill("SIGKILL"); // it has closed its output, and may go on
    const { code, signal } = await this.#child.status;
    await this.#printed;
    if (this.#fault !== null) return this.#fault;
    if (signal === "SIGKILL") return "The module's process was killed by SIGKILL";
    const printed = this.#lastPrinted === "" ? "" : `: ${this.#lastPrinted}`;
    // V8 ends a process that has no memory left by a trap.
    if (signal !== null) return tooMuch(this.#limits);
    return `The module's process ended with exit code ${code}${printed}`;
  }

  /** Hands on what the module prints, for people; its first lines are what an uncaught error says. */
  async #readPrinted(): Promise<void> {
    let bytes = 0;
    for await (const line of readLines(this.#child.stderr, PRINTED_LINE_BYTES, "cut")) {
      bytes += line.length + 1;
      if (/^(error|TypeError|SyntaxError)\b/.test(line)) this.#lastPrinted = cutText(withoutPaths(line), 300);
      this.#logger.info("reward module", { line: withoutPaths(line) });
      if (bytes > PRINTED_BYTES) return await this.#child.status.then(() => {});
    }
  }

  #kill(signal: Deno.Signal): void {
    try {
      if (!this.#ended) this.#child.kill(signal);
    } catch {
      // It is gone already.
    }
  }
}

const SPOILED = "The module wrote what is no answer to its standard output";

function tooMuch({ memory_mb }: ModuleLimits): string {
  return `The module's process ended for want of memory: it may use ${memory_mb} MiB`;
}

/**
 * The program and its arguments. Where the system has them, limits of the kernel hold what is faster than a look: memory
 * outside of V8's heap, and any byte written to a file.
 */
function moduleCommand(entry: string, { memory_mb }: ModuleLimits): string[] {
  const deno = [
    ...[
      Deno.execPath(),
      "run",
      ...CLOSED_FLAGS,
      "--no-prompt",
      "--no-check",
      "--cached-only",
      "--deny-import",
    ],
    ...[`--v8-flags=--max-old-space-size=${memory_mb}`, entry],
  ];
  if (Deno.build.os !== "linux") return deno;
  const data_kb = Math.ceil((OWN_MAPPED_BYTES + memory_mb * MIB) / 1024);
  return ["/bin/sh", "-c", `ulimit -d ${data_kb}; ulimit -f 0; ulimit -c 0; exec "$@"`, "sh", ...deno];
}

/** What the harness writes for what JSON has no words for. */
function revived(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("$number" in value) return Number(value.$number);
  return "$other" in value ? undefined : value;
}

/** What a module gave for a batch, as scores; an entry that was thrown is its row's fault. */
function scoresOf(given: unknown, rows: number): Scored {
  const thrown = new Map<number, string>();
  if (Array.isArray(given)) {
    for (const [row, entry] of given.slice(0, rows).entries()) {
      const message = (entry as { $thrown?: unknown } | null)?.$thrown;
      if (typeof message === "string") thrown.set(row, `The module threw ${cutText(message, 500)}`);
    }
  }
  const scored = readScores(given, rows);
  return {
    ...scored,
    faults: scored.faults.map(({ row, message }) => ({ row, message: thrown.get(row) ?? message })),
  };
}
