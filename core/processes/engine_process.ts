/**
 * An engine process as seen from the API process: started, spoken to in NDJSON, watched, stopped. It knows the
 * protocol's frame (ids, events, results), not what the commands mean, and starts no second process by itself.
 */
import { join } from "node:path";
import type { z } from "zod";
import { cutText } from "../cut_text.ts";
import { type ErrorRecord, errorRecord, saysMore, UserError } from "../errors.ts";
import { DEADLINES, HEARTBEAT_MS } from "../contract/deadlines.ts";
import type { Logger } from "../log.ts";
import { isTracing, traced } from "../tracing.ts";
import { MEASURES } from "../metrics/measures.ts";
import { readLines } from "../contract/ndjson.ts";
import { endGroup } from "./end_group.ts";
import type { Placing, PlacingTell } from "./placing.ts";
import type { Answer as GivenAnswer } from "../contract/engine_question.ts";
import type { AnswerQuestion } from "../contract/reward_question.ts";
import type { AnswerRollouts } from "../contract/rollouts.ts";
import {
  type Command,
  type CommandType,
  type EventOf,
  EVENTS,
  type FolderWork,
  messageSchema,
  type Result,
  type ResultOf,
  RESULTS,
} from "../contract/protocol.ts";

/** A generation of 256 prompts with all their logprobs stays well below. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const MAX_LOG_LINE_BYTES = 64 * 1024;
/** How long a launcher may take to end what it has placed; one that waits for a host that is gone never does. */
const LAUNCHER_GRACE_MS = 3000;
const LAST_LOG_LINES = 20;
/** Twice as long as a process that works is silent. */
const STUCK_MS = 2 * HEARTBEAT_MS;

export interface EngineOptions {
  /** The program and its arguments; the environment is the given one only. */
  command: readonly [string, ...string[]];
  env: Record<string, string>;
  logger: Logger;
  /** What the spans of its commands are below, and what they are of; asked only where somebody traces. */
  trace?: () => Promise<{ parent?: string; attributes: Record<string, string | number> }>;
  /** How long the process may take to say `ready`; as long as it likes with Infinity. */
  start_timeout_ms: number;
  /**
   * Of a process behind a launcher, which may write to its stdout too, and gives long lines no way in: a folder that
   * both see, for the commands that are long.
   */
  spool?: string;
  /** Of a launcher that starts nothing by itself. */
  placing?: (tell: PlacingTell) => Placing;
  /** How long it may be silent while it has work, while that is on texts, and while it is on a folder's files. */
  silence_ms?: number;
  text_ms?: number;
  folder_ms?: number;
}

/** What becomes of requests whose process was ended for another's sake: on another process they can be tried again. */
export class EngineLost extends UserError {
  override name = "EngineLost";

  constructor() {
    super("engine_crashed", "The engine process was ended as another request hung in it");
  }
}

/** The machine has no room for another process now; later it may. */
export class NoRoom extends UserError {
  override name = "NoRoom";

  constructor(cause: unknown) {
    const detail = "Cannot start an engine process: the server has no room for another";
    super("runtime_unavailable", detail, [], { cause });
  }
}

/** A text's work that did not end. */
export class EndlessText extends UserError {
  override name = "EndlessText";

  constructor(ms: number) {
    const message = `The tokenizer or chat template of a model did not get through a text within ${
      (ms / 1000).toFixed()
    } s: a pattern or a loop in its files takes too long`;
    super("damaged_model", `model: ${message}`, [{ path: "model", message }]);
  }
}

/** What else may be said of a request. */
export interface RequestOptions {
  /** How long a cancelled command may go on before the process is ended. */
  cancel_grace_ms?: number;
  /** When aborted, a `train` command is asked to end after its step, with a checkpoint. */
  pause?: AbortSignal;
  /** Answers what the command asks; its signal is aborted when nobody waits for that any more. */
  answer?: AnswerQuestion;
  /** The same of a job's rollouts. */
  rollouts?: AnswerRollouts;
}

/** How a process ended. */
export interface EngineExit {
  code: number;
  signal: Deno.Signal | null;
}

/** A command without the id that the process gives it. */
export type Request = Command extends infer C ? C extends Command ? Omit<C, "id"> : never : never;

/** Commands that are spans, and their names; the engine's own span is below, called as the command is. */
const TRACED: ReadonlyMap<CommandType, string> = new Map([
  ["train", "training_job"],
  ...(["check", "generate", "score", "export", "initialize"] as const).map((type) =>
    [type, `engine ${type}`] as const
  ),
]);

/** What a process says about a command. */
type Answer = Extract<z.output<typeof messageSchema>, { type: "event" | "result" | "error" }>;

type Asked = Extract<z.output<typeof messageSchema>, { type: "ask" }>;

interface Pending {
  type: CommandType;
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
  onEvent?: (event: never) => Promise<void> | void;
  answer?: AnswerQuestion;
  rollouts?: AnswerRollouts;
  /** Aborted when the command is cancelled or has its answer: nobody waits for answers to its questions then. */
  over: AbortController;
  /** Of the command. */
  bytes: number;
  /** Events are handled one after another, and all before the result. */
  handled: Promise<void>;
}

/** Sentence for an exit that nobody asked for. */
function describeExit({ code, signal }: EngineExit): string {
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
    throw new NoRoom(cause);
  }
}

export class EngineProcess {
  readonly pid: number;
  /** Resolves, never rejects, when the process is gone and all it said has been handled. */
  readonly exited: Promise<EngineExit>;
  readonly #child: Deno.ChildProcess;
  readonly #logger: Logger;
  readonly #trace: EngineOptions["trace"];
  readonly #spool: string | undefined;
  readonly #placing: Placing | undefined;
  /** Lines are sent one after another. */
  #sent: Promise<void> = Promise.resolve();
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #pending = new Map<string, Pending>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #lastLines: string[] = [];
  #nextId = 1;
  #exit: EngineExit | null = null;
  /** Why this side killed the process, when it did. */
  #fault: string | null = null;
  /** Whether this side ended it. */
  #killedHere = false;
  /** Ends a launcher that does not leave. */
  #force: ReturnType<typeof setTimeout> | undefined;
  /** The request that it was killed for, and what that one is told. */
  #blamed: { id: string; error: UserError } | null = null;
  /** How long each request may go on that works by what a folder holds; the one that began last is at the end. */
  readonly #texts = new Map<string, number>();
  readonly #deadlines: Readonly<Record<keyof typeof DEADLINES, number>>;
  readonly #look_ms: number;
  /** Looks since the process was heard; time that this process itself stood still is not counted. */
  #silentLooks = 0;

  /** @throws NoRoom when the machine has no room for another process. */
  constructor(options: EngineOptions) {
    this.#child = spawn(options);
    MEASURES.engine_starts_total.add();
    this.pid = this.#child.pid;
    this.#logger = options.logger.with({ engine_pid: this.pid });
    this.#trace = options.trace;
    this.#stdin = this.#child.stdin.getWriter();
    this.#stdin.closed.catch(() => {});
    this.#ready.promise.catch(() => {});
    this.#spool = options.spool;
    this.#placing = options.placing?.({
      logger: this.#logger,
      placed: () => this.#startWithin(DEADLINES.start_ms),
      refused: (error) => {
        this.#ready.reject(error);
        this.kill();
      },
      lost: (detail) => this.end(detail),
    });
    this.#startWithin(options.start_timeout_ms);
    const { silence_ms, text_ms, folder_ms } = this.#deadlines = { ...DEADLINES, ...options };
    this.#look_ms = Math.min(1000, silence_ms / 4, text_ms / 4, folder_ms / 4);
    const looks = setInterval(() => this.#look(), this.#look_ms);
    Deno.unrefTimer(looks);
    this.exited = this.#watch().finally(() => clearInterval(looks));
  }

  /** Ends it when it is not ready by then. */
  #startWithin(ms: number): void {
    if (ms === Infinity) return;
    const timer = setTimeout(() => {
      this.#ready.reject(
        new UserError("engine_crashed", `The engine process was not ready within ${ms / 1000} s`),
      );
      this.kill();
    }, ms);
    this.#ready.promise.then(() => clearTimeout(timer), () => clearTimeout(timer));
  }

  /** Resolves when it takes commands. @throws {UserError} `engine_crashed` when it ends before */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Commands without an answer yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether the process is gone or about to be, so that it answers nothing more. */
  get ended(): boolean {
    return this.#exit !== null || this.#blamed !== null || this.#fault !== null;
  }

  /**
   * Sends a command and waits for its result.
   *
   * @param onEvent Called for each event in order; the result waits for it. What it throws ends the request.
   * @param signal When aborted, the command is cancelled; its answer (code `cancelled`) still is awaited.
   * @throws UserError with what the engine answered; `damaged_model` when it hangs in a text; `engine_crashed` when the
   * process ends first, as `EngineLost` when it was ended for another request's sake.
   */
  async request<R extends Request>(
    request: R,
    onEvent?: (event: EventOf<R["type"]>) => Promise<void> | void,
    signal?: AbortSignal,
    options: RequestOptions = {},
  ): Promise<ResultOf<R["type"]>> {
    if (!isTracing() || !TRACED.has(request.type)) {
      return await this.#request(request, onEvent, signal, options);
    }
    const { parent, attributes } = await this.#trace?.() ?? { attributes: {} };
    const { traceparent: asked } = request as { traceparent?: string };
    const name = TRACED.get(request.type)!;
    return await traced(
      name,
      attributes,
      parent ?? asked,
      (traceparent) => this.#request({ ...request, traceparent }, onEvent, signal, options),
    );
  }

  async #request<R extends Request>(
    request: R,
    onEvent: ((event: EventOf<R["type"]>) => Promise<void> | void) | undefined,
    signal: AbortSignal | undefined,
    { cancel_grace_ms = Infinity, pause, answer, rollouts }: RequestOptions,
  ): Promise<ResultOf<R["type"]>> {
    await this.#ready.promise;
    if (this.#exit) throw this.#blamed ? new EngineLost() : this.#crashed(this.#exit);
    signal?.throwIfAborted();
    const id = String(this.#nextId++);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const line = encoded({ ...request, id } as Command);
    const over = new AbortController();
    this.#pending.set(id, {
      ...{ type: request.type, resolve, reject, bytes: line.length, onEvent, answer, rollouts, over },
      handled: Promise.resolve(),
    });
    let grace: ReturnType<typeof setTimeout> | undefined;
    const cancel = () => {
      over.abort(signal?.reason);
      this.#send(encoded({ type: "cancel", target: id, id: String(this.#nextId++) }));
      if (cancel_grace_ms === Infinity) return;
      const late = new UserError("cancelled", "The request was cancelled, and its work did not end");
      grace = setTimeout(() => this.#blame(id, late), cancel_grace_ms);
    };
    const end = () => this.#send(encoded({ type: "pause", target: id, id: String(this.#nextId++) }));
    signal?.addEventListener("abort", cancel, { once: true });
    pause?.addEventListener("abort", end, { once: true });
    this.#send(line);
    if (pause?.aborted) end();
    try {
      return await promise as ResultOf<R["type"]>;
    } finally {
      over.abort();
      clearTimeout(grace);
      signal?.removeEventListener("abort", cancel);
      pause?.removeEventListener("abort", end);
    }
  }

  /** Ends the process when one of its requests does not end; only that one is told `error`. */
  #blame(id: string, error: UserError): void {
    this.#logger.warn("Engine process hangs", { command: id, error: error.message });
    this.#blamed = { id, error };
    this.kill();
  }

  /** Whether it works on texts and has not said for a while that it lives. */
  get stuck(): boolean {
    return this.#texts.size > 0 && this.#silence > STUCK_MS;
  }

  get #silence(): number {
    return this.#silentLooks * this.#look_ms;
  }

  #look(): void {
    if (this.#pending.size === 0) this.#silentLooks = 0;
    else this.#silentLooks++;
    const { silence_ms } = this.#deadlines;
    const [text, most_ms] = [...this.#texts].at(-1) ?? ["", Infinity];
    if (this.#silence >= most_ms) this.#blame(text, new EndlessText(most_ms));
    else if (this.#silence >= silence_ms) {
      this.end(`The engine process said nothing for ${silence_ms / 1000} s`);
    }
  }

  /** Ends the process because of a fault of its own, of which its requests are told. */
  end(fault: string): void {
    this.#fault ??= fault;
    this.kill();
  }

  /** Whether it was killed by somebody else; often that is the system, which has run out of memory. */
  get killedElsewhere(): boolean {
    return this.#exit?.signal === "SIGKILL" && !this.#killedHere;
  }

  /** How long a request may go on with work that may have no end. */
  #textDeadline(id: string, work: FolderWork): number {
    const { text_ms, text_byte_ms, folder_ms } = this.#deadlines;
    return work === "folder" ? folder_ms : text_ms + text_byte_ms * (this.#pending.get(id)?.bytes ?? 0);
  }

  /** Closes stdin, which asks the engine to finish its step and leave; kills it when it has not in time. */
  async stop(grace_ms: number): Promise<EngineExit> {
    this.#stdin.close().catch(() => {});
    const timer = setTimeout(() => this.kill(), grace_ms);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** Ends the process at once; a launcher is first told to end those that it has placed, or has in its queue. */
  kill(): void {
    if (this.#exit === null) this.#killedHere = true;
    if (this.#spool === undefined) return endGroup(this.pid, "SIGKILL");
    if (this.#force !== undefined) return;
    this.#force = setTimeout(() => endGroup(this.pid, "SIGKILL"), LAUNCHER_GRACE_MS);
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It is gone already.
    }
  }

  #crashed(exit: EngineExit): UserError {
    return new UserError("engine_crashed", this.#fault ?? describeExit(exit));
  }

  #send(line: Uint8Array): void {
    // A write fails only when the process is gone, and then #watch rejects whatever waits.
    if (this.#spool === undefined) return void this.#stdin.write(line).catch(() => {});
    this.#sent = this.#sent.then(async () => this.#stdin.write(await spooled(line, this.#spool!)))
      .catch((error) => {
        if (this.#exit === null) this.end(`A command could not be handed over: ${error}`);
      });
  }

  async #watch(): Promise<EngineExit> {
    const messages = this.#readMessages().catch((error) => {
      this.#logger.error("Engine sent what is not the protocol", { error: String(error) });
      this.end("The engine process sent what is not the protocol");
    });
    const [{ code, signal }] = await Promise.all([this.#child.status, messages, this.#readLog()]);
    await this.#placing?.ended({ code });
    await Promise.all([...this.#pending.values()].map((pending) => pending.handled.catch(() => {})));
    this.#exit = { code, signal };
    clearTimeout(this.#force);
    const hung = this.#blamed !== null || this.#fault !== null;
    MEASURES.engine_exits_total.add([
      hung ? "killed" : signal === null && code === 0 ? "stopped" : "crashed",
    ]);
    const error = this.#crashed(this.#exit);
    this.#ready.reject(error);
    if (this.#pending.size > 0 || signal !== null || code !== 0) {
      this.#logger.warn("Engine process ended", { code, signal, last_lines: this.#lastLines });
    }
    const blamed = this.#blamed;
    for (const [id, pending] of this.#pending) {
      pending.reject(blamed ? id === blamed.id ? blamed.error : new EngineLost() : error);
    }
    this.#pending.clear();
    return this.#exit;
  }

  async #readMessages(): Promise<void> {
    for await (const line of readLines(this.#child.stdout, MAX_MESSAGE_BYTES)) {
      if (this.#spool !== undefined && !isMessage(line)) {
        if (!this.#placing?.line(line)) this.#log(line);
        continue;
      }
      const message = messageSchema.parse(JSON.parse(line));
      this.#silentLooks = 0;
      if (message.type === "ready") this.#ready.resolve();
      else if (message.type === "text") {
        const { id, work } = message;
        this.#texts.delete(id);
        if (work) this.#texts.set(id, this.#textDeadline(id, work));
      } else if (message.type === "ask") this.#answer(message);
      else if (message.type === "lost") this.end(message.detail);
      else if (message.type !== "alive") this.#dispatch(message);
    }
  }

  /** Has a command's question answered; one of a command that is over is left. */
  async #answer({ id: target, ask, question }: Asked): Promise<void> {
    const pending = this.#pending.get(target);
    if (!pending || pending.over.signal.aborted) return;
    const { answer: score = nobody, rollouts: sample = noServer, over: { signal } } = pending;
    const work = "type" in question ? sample(question, signal) : score(question, signal);
    const answer: GivenAnswer = await work.catch((thrown) => {
      const error = errorRecord(thrown);
      if (!signal.aborted && saysMore(thrown, error)) {
        this.#logger.error("Cannot answer an engine's question", {
          stack: (thrown as Error)?.stack ?? thrown,
        });
      }
      return { type: "error", error };
    });
    if (signal.aborted) return;
    this.#send(encoded({ type: "answer", target, ask, answer, id: String(this.#nextId++) }));
  }

  #dispatch(message: Answer): void {
    if (message.type !== "event") this.#texts.delete(message.id);
    const pending = this.#pending.get(message.id);
    // Answers to cancel commands, and to requests that an event handler has ended.
    if (!pending) return;
    if (message.type === "event") {
      const event = eventOf(pending.type, message.event);
      pending.handled = pending.handled.then(() => pending.onEvent?.(event as never));
      pending.handled.catch((error) => {
        if (this.#pending.delete(message.id)) pending.reject(error);
      });
      return;
    }
    const settle = message.type === "result"
      ? pending.resolve.bind(null, RESULTS[pending.type].parse(message.result))
      : pending.reject.bind(null, fromRecord(message.error));
    pending.handled.then(() => {
      if (this.#pending.delete(message.id)) settle();
    }, () => {});
  }

  /** Hands the engine's log on, its own JSON lines and what native libraries print alike. */
  async #readLog(): Promise<void> {
    for await (const line of readLines(this.#child.stderr, MAX_LOG_LINE_BYTES, "cut")) {
      this.#log(line);
    }
  }

  #log(line: string): void {
    this.#lastLines.push(cutText(line, 1000));
    if (this.#lastLines.length > LAST_LOG_LINES) this.#lastLines.shift();
    this.#logger.info("engine", { line });
  }
}

const nobody: AnswerQuestion = () =>
  Promise.reject(new UserError("reward_failed", "Nobody answers what this command's reward asks"));

const noServer: AnswerRollouts = () =>
  Promise.reject(new UserError("rollouts_failed", "Nobody asks the server of this command's rollouts"));

/** Whether a line is the engine's own: launchers write banners and warnings of theirs to the same place. */
function isMessage(line: string): boolean {
  try {
    return messageSchema.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
}

/** Longer lines do not come through every launcher: MPICH's takes no more than a pipe holds. */
const MAX_PIPED_BYTES = 16 * 1024;

/** The line, or one that names the file in `folder` that it is in. */
async function spooled(line: Uint8Array, folder: string): Promise<Uint8Array> {
  if (line.length <= MAX_PIPED_BYTES) return line;
  const file = join(folder, `command-${crypto.randomUUID()}.json`);
  await Deno.writeFile(file, line, { mode: 0o600 });
  return new TextEncoder().encode(JSON.stringify({ file }) + "\n");
}

function encoded(command: Command): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(command) + "\n");
}

/** The event of a command of this type. @throws when it is none, which is a fault of the process */
function eventOf(type: CommandType, event: unknown): EventOf<CommandType> {
  if (!(type in EVENTS)) throw new TypeError(`Expected no event of a command '${type}'`);
  return EVENTS[type as keyof typeof EVENTS].parse(event);
}

function fromRecord(record: ErrorRecord): UserError {
  return new UserError(record.code, record.detail, record.errors);
}
