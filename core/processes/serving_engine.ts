/**
 * The engine processes that answer checks, generations and scores. Each has one set of model folders, so that what is
 * parsed from one folder holds up no work on another, and checks, which prepare whatever a request holds, do not share a
 * process with generations. A process starts at the first request for its folders and stops after a while without one;
 * requests wait for places in turns of their clients. Training jobs have processes of their own.
 *
 * One set may have several processes. A request goes to that with the fewest outstanding: a queue costs each request, loading
 * only the first. Among equals it goes to one that has the adapter already, then to one that runs, so that requests which
 * come one after another stay where their model is and start no second process.
 */
import { UserError } from "../errors.ts";
import { Delivered } from "./delivered.ts";
import { DEADLINES } from "../contract/deadlines.ts";
import { EndlessText, EngineLost, type EngineProcess, type Request } from "./engine_process.ts";
import { FairQueue } from "./fair_queue.ts";
import { residentBytes } from "../system_memory.ts";
import type { AnswerQuestion } from "../contract/reward_question.ts";
import type { ResultOf } from "../contract/protocol.ts";
import { currentTrace } from "../tracing.ts";
import { MEASURES } from "../metrics/measures.ts";
import { Quarantine } from "./quarantine.ts";
import type { GenerationDelta } from "../contract/generation.ts";

type ServingRequest = Extract<
  Request,
  { type: "check" | "generate" | "score" | "grade" | "export" | "initialize" }
>;

export interface ServingOptions {
  /** @param number which of its set's the process is, from 1 */
  start: (number: number) => EngineProcess;
  /** Processes that one set of folders may have, but for checks: they have one. Default 1. */
  engines?: number;
  /** From its coming to its answer, a request may take this long. */
  request_timeout_ms: number;
  /** Resident bytes of all processes from which on idle ones stop, but for the last used. */
  memory_bytes: number;
  idle_timeout_ms?: number;
  stop_grace_ms?: number;
  /** How long a cancelled or late request may go on before its process is ended. */
  cancel_grace_ms?: number;
  limits?: Partial<ServingLimits>;
}

export interface ServingLimits {
  /** Requests that processes work on at a time. */
  running: number;
  /** Of one client: the rest are for others. */
  running_of_client: number;
  /** Requests that wait for a place. */
  waiting: number;
  /**
   * Sets of folders that have processes. Those that hang in a text are not counted, so that they stop nobody; but there are
   * no more than four times as many.
   */
  processes: number;
}

const LIMITS: ServingLimits = { running: 32, running_of_client: 24, waiting: 32, processes: 6 };

/** How soon a request that waits for a process looks again for one that hangs and so counts no longer. */
const LOOK_AGAIN_MS = 1000;

/** How often a request is begun again because another one's hang ended its process. */
const MAX_RESTARTS = 3;

export interface AskOptions {
  /** Who asks: clients take turns. */
  client?: string;
  /** Cancels the request. */
  signal?: AbortSignal;
  /** Told what a generation that streams says; must not wait. */
  onDeltas?: (deltas: GenerationDelta[]) => void;
  /** Answers what a score's reward asks. */
  answer?: AnswerQuestion;
}

/** A process and what it has to do. */
interface Engine {
  readonly process: EngineProcess;
  readonly key: string;
  /** Which of its set's it is, from 1: the lowest that is free. */
  readonly number: number;
  /** Adapters and checkpoints that it was asked for last, the newest at the end. */
  readonly asked: Set<string>;
  running: number;
  idleTimer?: ReturnType<typeof setTimeout>;
}

/** A request that has no answer yet. */
interface Ticket {
  readonly request: ServingRequest;
  readonly client: string;
  /** Of the processes that can answer it. */
  readonly key: string;
  /** The adapters or checkpoints that it names. */
  readonly adapters: readonly string[];
  readonly answer: PromiseWithResolvers<unknown>;
  /** Aborted when nobody waits for the answer any more. */
  readonly over: AbortController;
  readonly onDeltas: ((deltas: GenerationDelta[]) => void) | undefined;
  readonly answerQuestion: AnswerQuestion | undefined;
  readonly delivered: Delivered;
  restarts: number;
  /** When it began to wait. */
  readonly since: number;
}

/** Which process a request needs: checks and work apart, and each set of folders by itself. */
function keyOf({ type, folders }: ServingRequest): string {
  const { model, rewards, classifiers = {} } = folders;
  return JSON.stringify([
    type === "check",
    model,
    ...Object.values(rewards).map((folder) => JSON.stringify(folder)).sort(),
    ...Object.values(classifiers).sort(),
  ]);
}

/** The adapters or checkpoints of a request's policies. */
function adaptersOf(request: ServingRequest): string[] {
  const each = "each" in request && request.each ? request.each : [request.folders];
  return [...new Set(each.map(({ checkpoint, adapter }) => checkpoint ?? adapter ?? ""))];
}

/** As many as one process is likely to have loaded still. */
const REMEMBERED_ADAPTERS = 16;

export class ServingEngine {
  readonly #options: Required<ServingOptions> & { limits: ServingLimits };
  readonly #waiting: FairQueue<Ticket>;
  readonly #running = new Set<Ticket>();
  /** The least recently used comes first. */
  readonly #engines = new Set<Engine>();
  readonly #quarantine = new Quarantine();
  #lookAgain: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: ServingOptions) {
    const { idle_ms: idle_timeout_ms, stop_ms: stop_grace_ms, cancel_ms: cancel_grace_ms } = DEADLINES;
    const limits = { ...LIMITS, ...options.limits };
    this.#options = { engines: 1, idle_timeout_ms, stop_grace_ms, cancel_grace_ms, ...options, limits };
    this.#waiting = new FairQueue(limits.waiting);
  }

  /** The processes that run. */
  get pids(): number[] {
    return [...this.#engines].map(({ process }) => process.pid);
  }

  /** Requests that processes work on, by the numbers of the processes, which those of several sets share. */
  get outstanding(): Map<number, number> {
    const all = new Map<number, number>();
    for (const { number, running } of this.#engines) all.set(number, (all.get(number) ?? 0) + running);
    return all;
  }

  /**
   * Answers one request.
   *
   * @throws UserError `engine_busy` when too many wait, `deadline_exceeded` when it takes too long, `engine_crashed` when
   * its process dies, `damaged_model` when a folder's tokenizer or template hangs, and the engine's own.
   */
  async request<R extends ServingRequest>(
    request: R,
    { client = "", signal, onDeltas, answer }: AskOptions = {},
  ): Promise<ResultOf<R["type"]>> {
    if (this.#closed) throw stopping();
    signal?.throwIfAborted();
    const key = keyOf(request);
    this.#quarantine.check(client, key);
    const traceparent = currentTrace();
    const ticket: Ticket = {
      request: traceparent === undefined ? request : { ...request, traceparent },
      ...{
        client,
        key,
        adapters: adaptersOf(request),
        onDeltas,
        answerQuestion: answer,
        restarts: 0,
        since: performance.now(),
      },
      ...{ answer: Promise.withResolvers(), over: new AbortController(), delivered: new Delivered() },
    };
    const seconds = this.#options.request_timeout_ms / 1000;
    const late = new UserError("deadline_exceeded", `There was no answer within ${seconds} s`);
    const timer = setTimeout(() => this.#giveUp(ticket, late), this.#options.request_timeout_ms);
    const onAbort = () => this.#giveUp(ticket, new UserError("cancelled", "The request was cancelled"));
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.add(client, ticket);
    this.#dispatch();
    const waiting = this.#waiting.size - 1;
    this.#waiting.overflow(client)?.answer.reject(
      new UserError("engine_busy", `${waiting} requests are waiting for the engine: try again later`),
    );
    try {
      return await ticket.answer.promise as ResultOf<R["type"]>;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Lets all processes go once they have answered, with every model they hold; later requests start others. */
  retire(): void {
    for (const engine of [...this.#engines]) this.#part(engine);
  }

  /**
   * Gives memory back that nobody uses: idle processes stop, the others let go what no request needs.
   *
   * @returns whether there was any
   */
  async giveBack(): Promise<boolean> {
    const engines = [...this.#engines];
    const idle = engines.filter(({ running }) => running === 0);
    await Promise.all(engines.map(async (engine) => {
      if (engine.running === 0) await this.#part(engine);
      else await engine.process.request({ type: "trim" }).catch(() => {});
    }));
    return idle.length > 0 || engines.length > 0;
  }

  /** Stops the processes; requests that wait, and later ones, are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#lookAgain);
    for (let next = this.#waiting.take(() => true); next; next = this.#waiting.take(() => true)) {
      next.answer.reject(stopping());
    }
    const { stop_grace_ms } = this.#options;
    await Promise.all([...this.#engines].map((engine) => {
      this.#forget(engine);
      return engine.process.stop(stop_grace_ms);
    }));
  }

  /** Answers a request with `error` now; what works on it is told to end, and keeps its place until it has. */
  #giveUp(ticket: Ticket, error: UserError): void {
    ticket.answer.reject(error);
    ticket.over.abort(error);
    this.#waiting.remove(ticket.client, ticket);
  }

  /** Begins whatever can begin. */
  #dispatch(): void {
    if (this.#closed) return;
    for (;;) {
      const next = this.#waiting.take((ticket) => this.#mayRun(ticket));
      if (!next) break;
      this.#run(next);
    }
    clearTimeout(this.#lookAgain);
    if (this.#waiting.size === 0) return;
    this.#lookAgain = setTimeout(() => this.#dispatch(), LOOK_AGAIN_MS);
    Deno.unrefTimer(this.#lookAgain);
  }

  #mayRun({ client, key }: Ticket): boolean {
    const { running, running_of_client, processes } = this.#options.limits;
    if (this.#running.size >= running) return false;
    let ofClient = 0;
    for (const ticket of this.#running) if (ticket.client === client) ofClient++;
    if (ofClient >= running_of_client) return false;
    return this.#of(key).length > 0 || this.#hasRoom(processes) || this.#idleSets().length > 0;
  }

  /** The processes of a set. */
  #of(key: string): Engine[] {
    return [...this.#engines].filter((engine) => engine.key === key);
  }

  /** Sets none of whose processes has a request, the least recently used first. */
  #idleSets(): Engine[][] {
    const sets = new Map<string, Engine[]>();
    // A set was used when the last of its processes was.
    for (const engine of [...this.#engines].reverse()) {
      sets.set(engine.key, [...sets.get(engine.key) ?? [], engine]);
    }
    return [...sets.values()].reverse().filter((set) => set.every(({ running }) => running === 0));
  }

  /** Whether another set may have a process. */
  #hasRoom(processes: number): boolean {
    const working = new Set([...this.#engines].filter(({ process }) => !process.stuck).map(({ key }) => key));
    return working.size < processes && this.#engines.size < 4 * processes * this.#options.engines;
  }

  /** Processes without a request, the least recently used first. */
  #idle(): Engine[] {
    return [...this.#engines].filter(({ running }) => running === 0);
  }

  async #run(ticket: Ticket): Promise<void> {
    const { request, client, key, adapters, over, onDeltas, answerQuestion: answer, delivered } = ticket;
    let engine: Engine;
    try {
      engine = this.#engineOf(ticket);
    } catch (thrown) {
      return ticket.answer.reject(thrown); // a machine that has no room for another process refuses it here
    }
    if (ticket.restarts === 0) {
      MEASURES.serving_wait_seconds.observe((performance.now() - ticket.since) / 1000);
    }
    this.#running.add(ticket);
    engine.running++;
    for (const adapter of adapters) {
      engine.asked.delete(adapter);
      engine.asked.add(adapter);
    }
    for (const adapter of engine.asked) {
      if (engine.asked.size <= REMEMBERED_ADAPTERS) break;
      engine.asked.delete(adapter);
    }
    clearTimeout(engine.idleTimer);
    delivered.restart();
    let again = false;
    try {
      const result = await engine.process.request(
        request,
        onDeltas && (({ deltas }) => over.signal.aborted ? undefined : onDeltas(delivered.fresh(deltas))),
        over.signal,
        { cancel_grace_ms: this.#options.cancel_grace_ms, answer },
      );
      ticket.answer.resolve(result);
    } catch (thrown) {
      again = thrown instanceof EngineLost && !over.signal.aborted && ticket.restarts++ < MAX_RESTARTS;
      if (thrown instanceof EndlessText) this.#quarantine.add(client, key, thrown);
      if (!again) ticket.answer.reject(this.#closed && !over.signal.aborted ? stopping() : thrown);
    } finally {
      this.#running.delete(ticket);
      engine.running--;
      if (again && !this.#closed) this.#waiting.putBack(client, ticket);
      else if (again) ticket.answer.reject(stopping());
      this.#settle(engine);
      this.#dispatch();
    }
  }

  /** The process that answers a request, started if all of its set have others; a set that has nothing to do makes room. */
  #engineOf(ticket: Ticket): Engine {
    for (const engine of this.#of(ticket.key)) if (engine.process.ended) this.#forget(engine);
    const engine = this.#chosen(ticket);
    this.#engines.delete(engine);
    this.#engines.add(engine);
    return engine;
  }

  #chosen({ request, key, adapters }: Ticket): Engine {
    const all = this.#of(key);
    const lacking = ({ asked }: Engine) => adapters.filter((adapter) => !asked.has(adapter)).length;
    const [best] = all.toSorted((a, b) =>
      Number(a.process.stuck) - Number(b.process.stuck) || a.running - b.running ||
      lacking(a) - lacking(b) || a.number - b.number
    );
    if (!best) return this.#start(key, all);
    const most = request.type === "check" ? 1 : this.#options.engines;
    if (best.running === 0 || all.length >= most) return best;
    try {
      return this.#start(key, all);
    } catch {
      return best; // what has no room for another process has one
    }
  }

  #start(key: string, beside: readonly Engine[]): Engine {
    if (beside.length === 0 && !this.#hasRoom(this.#options.limits.processes)) {
      for (const idle of this.#idleSets()[0]!) this.#part(idle);
    }
    const taken = new Set(beside.map(({ number }) => number));
    let number = 1;
    while (taken.has(number)) number++;
    const engine: Engine = {
      process: this.#options.start(number),
      ...{ key, number, asked: new Set(), running: 0 },
    };
    engine.process.exited.then(() => this.#forget(engine));
    return engine;
  }

  /** After each request: an idle process stops later, and at once where there is too little memory for it. */
  #settle(engine: Engine): void {
    if (engine.running > 0) return;
    if (!this.#engines.has(engine)) {
      engine.process.stop(this.#options.stop_grace_ms);
      return;
    }
    clearTimeout(engine.idleTimer);
    engine.idleTimer = setTimeout(() => this.#part(engine), this.#options.idle_timeout_ms);
    Deno.unrefTimer(engine.idleTimer);
    const others = this.#idle().slice(0, -1);
    if (others.length === 0) return;
    const sizes = new Map([...this.#engines].map((one) => [one, residentBytes(one.process.pid)]));
    let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const idle of others) {
      if (bytes <= this.#options.memory_bytes) break;
      bytes -= sizes.get(idle)!;
      this.#part(idle);
    }
  }

  /** Gives a process no more requests; it stops once it has answered those it has. */
  async #part(engine: Engine): Promise<void> {
    this.#forget(engine);
    if (engine.running === 0) await engine.process.stop(this.#options.stop_grace_ms);
  }

  #forget(engine: Engine): void {
    clearTimeout(engine.idleTimer);
    this.#engines.delete(engine);
  }
}

function stopping(): UserError {
  return new UserError("runtime_unavailable", "The server is stopping");
}
