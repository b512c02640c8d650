/**
 * A program of a user's in a process of its own that may do nothing: no file, no network, no environment, no program, and
 * what memory and time it is given. It is stopped between questions, and ended for good when it takes too long or too much,
 * or says what it should not. What is asked and answered is its owner's to say: a JSON object a line.
 */
import { readLines } from "../contract/ndjson.ts";
import { cutText } from "../cut_text.ts";
import type { Logger } from "../log.ts";
import { residentBytes } from "../system_memory.ts";
import { withoutPaths } from "../without_paths.ts";
import { CLOSED_ENVIRONMENT, CLOSED_FLAGS } from "./module_files.ts";

/** What is read of all that a process prints for people; then it has to wait for a reader that never comes. */
const PRINTED_BYTES = 1024 * 1024;
const PRINTED_LINE_BYTES = 1000;
const LOOK_MS = 100;
const MIB = 1024 * 1024;

/** What a process is, and what it may have. */
export interface ClosedProgram {
  /** What sentences call it: "The module", … */
  who: string;
  /** The file that is run, and its arguments. */
  entry: string;
  args?: readonly string[];
  /** Folders that it may read. */
  read?: readonly string[];
  memory_mb: number;
  /** What it holds, and what it may have mapped without holding it, before it runs anything of the user's. */
  own_resident_mb: number;
  own_mapped_mb: number;
}

/** What became of a process. */
export type EndKind = "timeout" | "out_of_memory" | "crashed";

/** Why a process gives nothing more. */
export class Ended extends Error {
  readonly kind: EndKind;

  constructor(kind: EndKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface Exchange {
  timeout_ms: number;
  /** What the answer may have. */
  max_bytes: number;
  signal: AbortSignal;
}

export class ClosedProcess {
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;
  readonly #program: ClosedProgram;
  readonly #logger: Logger;
  /** Of what it says now. */
  #answerBytes = 0;
  #lastPrinted = "";
  readonly #printed: Promise<void>;
  /** Why this side ended it. */
  #fault: Ended | null = null;
  #ended = false;

  constructor(program: ClosedProgram, logger: Logger) {
    const [path, ...args] = commandOf(program);
    this.#child = new Deno.Command(path!, {
      args,
      ...{ env: { ...CLOSED_ENVIRONMENT }, clearEnv: true, cwd: "/" },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    this.pid = this.#child.pid;
    this.#program = program;
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

  /** Ends it at once. */
  async end(): Promise<void> {
    this.#kill("SIGKILL");
    this.#ended = true;
    await this.#child.status;
    await this.#lines.return(undefined).catch(() => {});
    await Promise.all([this.#printed, this.#stdin.abort().catch(() => {})]);
  }

  /**
   * Sends something, and gives what is said to it.
   *
   * @param message null to wait for what it says of itself
   * @throws {Ended} when it gives nothing more
   * @throws the signal's reason once it is aborted; the process has ended then
   */
  async exchange(
    message: unknown,
    { timeout_ms, max_bytes, signal }: Exchange,
  ): Promise<Record<string, unknown>> {
    signal.throwIfAborted();
    const { who, memory_mb, own_resident_mb } = this.#program;
    this.#answerBytes = max_bytes;
    this.#kill("SIGCONT");
    const giveUp = (kind: EndKind, fault: string) => this.#giveUp(kind, fault);
    const late = setTimeout(
      () => giveUp("timeout", `${who} gave nothing within ${timeout_ms} ms`),
      timeout_ms,
    );
    const most = (memory_mb + own_resident_mb) * MIB;
    const look = setInterval(() => {
      if (residentBytes(this.pid) > most) giveUp("out_of_memory", this.#tooMuch());
    }, LOOK_MS);
    const onAbort = () => giveUp("crashed", `Nobody waits for ${who.toLowerCase()} any more`);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (message !== null) {
        this.#stdin.write(new TextEncoder().encode(JSON.stringify(message) + "\n")).catch(() => {});
      }
      const { done, value } = await this.#lines.next().catch(() =>
        ({ done: true, value: undefined }) as const
      );
      if (done || this.#fault !== null) throw await this.#describeEnd();
      this.#kill("SIGSTOP");
      return JSON.parse(value, revived);
    } catch (thrown) {
      await this.end();
      signal.throwIfAborted();
      throw thrown instanceof SyntaxError ? new Ended("crashed", this.spoiled) : thrown;
    } finally {
      clearTimeout(late);
      clearInterval(look);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** What is said of an answer that is none. */
  get spoiled(): string {
    return `${this.#program.who} wrote what is no answer to its standard output`;
  }

  #giveUp(kind: EndKind, fault: string): void {
    this.#fault ??= new Ended(kind, fault);
    this.#kill("SIGKILL");
  }

  /** Ends a process that says more than an answer may have. */
  #bounded(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#answerBytes -= chunk.length;
        if (this.#answerBytes >= 0) return controller.enqueue(chunk);
        this.#giveUp("crashed", `${this.#program.who} said more than an answer may have`);
        controller.terminate();
      },
    });
  }

  async #describeEnd(): Promise<Ended> {
    const { who } = this.#program;
    if (this.#fault === null) this.#kill("SIGKILL"); // it has closed its output, and may go on
    const { code, signal } = await this.#child.status;
    await this.#printed;
    if (this.#fault !== null) return this.#fault;
    if (signal === "SIGKILL") return new Ended("crashed", `${who}'s process was killed by SIGKILL`);
    const printed = this.#lastPrinted === "" ? "" : `: ${this.#lastPrinted}`;
    // V8 ends a process that has no memory left by a trap.
    if (signal !== null) return new Ended("out_of_memory", this.#tooMuch());
    return new Ended("crashed", `${who}'s process ended with exit code ${code}${printed}`);
  }

  /** Hands on what it prints, for people; its first lines are what an uncaught error says. */
  async #readPrinted(): Promise<void> {
    let bytes = 0;
    const what = this.#program.who.replace(/^The /, "reward ");
    for await (const line of readLines(this.#child.stderr, PRINTED_LINE_BYTES, "cut")) {
      bytes += line.length + 1;
      if (/^(error|TypeError|SyntaxError)\b/.test(line)) this.#lastPrinted = cutText(withoutPaths(line), 300);
      this.#logger.info(what, { line: withoutPaths(line) });
      if (bytes > PRINTED_BYTES) return await this.#child.status.then(() => {});
    }
  }

  #tooMuch(): string {
    const { who, memory_mb } = this.#program;
    return `${who}'s process ended for want of memory: it may use ${memory_mb} MiB`;
  }

  #kill(signal: Deno.Signal): void {
    try {
      if (!this.#ended) this.#child.kill(signal);
    } catch {
      // It is gone already.
    }
  }
}

/**
 * The program and its arguments. Where the system has them, limits of the kernel hold what is faster than a look: memory
 * outside of V8's heap, and any byte written to a file.
 */
function commandOf({ entry, args = [], read = [], memory_mb, own_mapped_mb }: ClosedProgram): string[] {
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
    ...(read.length > 0 ? [`--allow-read=${read.join(",")}`] : []),
    ...[`--v8-flags=--max-old-space-size=${memory_mb}`, entry, ...args],
  ];
  if (Deno.build.os !== "linux") return deno;
  const data_kb = (own_mapped_mb + memory_mb) * 1024;
  return ["/bin/sh", "-c", `ulimit -d ${data_kb}; ulimit -f 0; ulimit -c 0; exec "$@"`, "sh", ...deno];
}

/** What the harness writes for what JSON has no words for. */
function revived(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("$number" in value) return Number(value.$number);
  return "$other" in value ? undefined : value;
}
