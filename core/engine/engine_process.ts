/**
 * An engine process as seen from the API process: started, spoken to in NDJSON, watched, stopped. It knows the
 * protocol's frame (ids, events, results), not what the commands mean, and starts no second process by itself.
 */
import { type ErrorRecord, UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { readLines } from "./ndjson.ts";
import type { Command, EngineEvent, Message, TrainingEvent } from "./protocol.ts";

/** A generation of 256 prompts with all their logprobs stays well below. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const MAX_LOG_LINE_BYTES = 64 * 1024;
const LAST_LOG_LINES = 20;

export interface EngineOptions {
  /** The program and its arguments; the environment is the given one only. */
  command: readonly [string, ...string[]];
  env: Record<string, string>;
  logger: Logger;
  /** How long the process may take to say `ready`. */
  start_timeout_ms: number;
}

/** How a process ended. */
export interface EngineExit {
  code: number;
  signal: Deno.Signal | null;
}

/** A command without the id that the process gives it. */
export type Request = Command extends infer C ? C extends Command ? Omit<C, "id"> : never : never;

type Results = Extract<Message, { type: "result" }>["result"];

interface Pending {
  resolve: (result: Results) => void;
  reject: (error: Error) => void;
  onEvent?: (event: EngineEvent) => Promise<void> | void;
  /** Events are handled one after another, and all before the result. */
  handled: Promise<void>;
}

/** Sentence for an exit that nobody asked for. */
export function describeExit({ code, signal }: EngineExit): string {
  if (signal === "SIGKILL") {
    return "The engine process was killed by SIGKILL; often that is the system running out of memory";
  }
  if (signal !== null) return `The engine process was killed by ${signal}`;
  return `The engine process stopped with exit code ${code}`;
}

function spawn({ command: [program, ...args], env, logger }: EngineOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      env,
      clearEnv: true,
      // Ctrl-C goes to a whole process group; the engine is to stop when the API process tells it.
      detached: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    logger.error("Cannot start an engine process", { error: String(cause) });
    const detail = "Cannot start an engine process: the server has no room for another";
    throw new UserError("runtime_unavailable", detail, [], { cause });
  }
}

export class EngineProcess {
  readonly pid: number;
  /** Resolves, never rejects, when the process is gone and all it said has been handled. */
  readonly exited: Promise<EngineExit>;
  readonly #child: Deno.ChildProcess;
  readonly #logger: Logger;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #pending = new Map<string, Pending>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #lastLines: string[] = [];
  #nextId = 1;
  #exit: EngineExit | null = null;
  /** Why this side killed the process, when it did. */
  #fault: string | null = null;

  /** @throws UserError `runtime_unavailable` when the machine has no room for another process. */
  constructor(options: EngineOptions) {
    this.#child = spawn(options);
    this.pid = this.#child.pid;
    this.#logger = options.logger.with({ engine_pid: this.pid });
    this.#stdin = this.#child.stdin.getWriter();
    this.#stdin.closed.catch(() => {});
    this.#ready.promise.catch(() => {});
    const timer = setTimeout(() => {
      this.#ready.reject(
        new UserError(
          "runtime_unavailable",
          `The engine process was not ready within ${options.start_timeout_ms} ms`,
        ),
      );
      this.kill();
    }, options.start_timeout_ms);
    this.#ready.promise.then(() => clearTimeout(timer), () => clearTimeout(timer));
    this.exited = this.#watch();
  }

  /** Commands without an answer yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether the process is gone. */
  get ended(): boolean {
    return this.#exit !== null;
  }

  /**
   * Sends a command and waits for its result.
   *
   * @param onEvent Called for each event in order; the result waits for it. What it throws ends the request.
   * @param signal When aborted, the command is cancelled; its answer (code `cancelled`) still is awaited.
   * @throws UserError with what the engine answered, or `engine_crashed` when the process ends first.
   */
  async request<T extends Results, E extends EngineEvent = TrainingEvent>(
    request: Request,
    onEvent?: (event: E) => Promise<void> | void,
    signal?: AbortSignal,
  ): Promise<T> {
    await this.#ready.promise;
    if (this.#exit) throw this.#crashed(this.#exit);
    signal?.throwIfAborted();
    const id = String(this.#nextId++);
    const { promise, resolve, reject } = Promise.withResolvers<Results>();
    this.#pending.set(id, {
      resolve,
      reject,
      onEvent: onEvent as Pending["onEvent"],
      handled: Promise.resolve(),
    });
    const cancel = () => this.#send({ type: "cancel", target: id, id: String(this.#nextId++) });
    signal?.addEventListener("abort", cancel, { once: true });
    this.#send({ ...request, id } as Command);
    try {
      return await promise as T;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Closes stdin, which asks the engine to finish its step and leave; kills it when it has not in time. */
  async stop(grace_ms: number): Promise<EngineExit> {
    this.#stdin.close().catch(() => {});
    const timer = setTimeout(() => this.kill(), grace_ms);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** Ends the process at once. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It is gone already.
    }
  }

  #crashed(exit: EngineExit): UserError {
    return new UserError("engine_crashed", this.#fault ?? describeExit(exit));
  }

  #send(command: Command): void {
    // A write fails only when the process is gone, and then #watch rejects whatever waits.
    this.#stdin.write(new TextEncoder().encode(JSON.stringify(command) + "\n")).catch(() => {});
  }

  async #watch(): Promise<EngineExit> {
    const messages = this.#readMessages().catch((error) => {
      this.#logger.error("Engine sent what is not the protocol", { error: String(error) });
      this.#fault = "The engine process sent what is not the protocol";
      this.kill();
    });
    const [{ code, signal }] = await Promise.all([this.#child.status, messages, this.#readLog()]);
    await Promise.all([...this.#pending.values()].map((pending) => pending.handled.catch(() => {})));
    this.#exit = { code, signal };
    const error = this.#crashed(this.#exit);
    this.#ready.reject(error);
    if (this.#pending.size > 0 || signal !== null || code !== 0) {
      this.#logger.warn("Engine process ended", { code, signal, last_lines: this.#lastLines });
    }
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    return this.#exit;
  }

  async #readMessages(): Promise<void> {
    for await (const line of readLines(this.#child.stdout, MAX_MESSAGE_BYTES)) {
      const message = JSON.parse(line) as Message;
      if (message.type === "ready") this.#ready.resolve();
      else this.#dispatch(message);
    }
  }

  #dispatch(message: Exclude<Message, { type: "ready" }>): void {
    const pending = this.#pending.get(message.id);
    // Answers to cancel commands, and to requests that an event handler has ended.
    if (!pending) return;
    if (message.type === "event") {
      pending.handled = pending.handled.then(() => pending.onEvent?.(message.event));
      pending.handled.catch((error) => {
        if (this.#pending.delete(message.id)) pending.reject(error);
      });
      return;
    }
    pending.handled.then(() => {
      if (!this.#pending.delete(message.id)) return;
      if (message.type === "result") pending.resolve(message.result);
      else pending.reject(fromRecord(message.error));
    }, () => {});
  }

  /** Hands the engine's log on, its own JSON lines and what native libraries print alike. */
  async #readLog(): Promise<void> {
    for await (const line of readLines(this.#child.stderr, MAX_LOG_LINE_BYTES, "cut")) {
      this.#lastLines.push(line.slice(0, 1000));
      if (this.#lastLines.length > LAST_LOG_LINES) this.#lastLines.shift();
      this.#logger.info("engine", { line });
    }
  }
}

function fromRecord(record: ErrorRecord): UserError {
  return new UserError(record.code, record.detail, record.errors);
}
