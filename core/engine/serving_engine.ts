/**
 * The one engine process that answers checks, generations and scores: started at the first request, stopped
 * after a while without one, started again after a crash. Training jobs have processes of their own.
 */
import { UserError } from "../errors.ts";
import type { GenerationDelta, GenerationResult, ScoreResult } from "./requests.ts";
import type { EngineProcess, Request } from "./engine_process.ts";
import type { CheckpointFile, GenerationEvent, JobPlan } from "./protocol.ts";

interface Results {
  check: JobPlan;
  generate: GenerationResult;
  score: ScoreResult;
  export: { files: CheckpointFile[] };
}

type ServingRequest = Extract<Request, { type: keyof Results }>;

export interface ServingOptions {
  start: () => EngineProcess;
  idle_timeout_ms: number;
  /** Requests at a time; more are refused. */
  max_pending: number;
  stop_grace_ms: number;
  /** How long a cancelled request may go on before its process is killed: it may hang in what a model folder holds. */
  cancel_grace_ms: number;
}

export class ServingEngine {
  readonly #options: ServingOptions;
  #engine: EngineProcess | null = null;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #pending = 0;
  /** Requests without an answer, of each process: they count before the process has heard of them. */
  readonly #asked = new WeakMap<EngineProcess, number>();
  #closed = false;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** The running process, if there is one. */
  get pid(): number | null {
    return this.#engine?.pid ?? null;
  }

  /**
   * Sends one request.
   *
   * @param signal Cancels the request.
   * @param onDeltas Told what a generation that streams says; must not wait.
   * @throws UserError `engine_busy` when too many wait, `engine_crashed` when the process dies, and the engine's own.
   */
  async request<R extends ServingRequest>(
    request: R,
    signal?: AbortSignal,
    onDeltas?: (deltas: GenerationDelta[]) => void,
  ): Promise<Results[R["type"]]> {
    if (this.#closed) throw new UserError("runtime_unavailable", "The server is stopping");
    if (this.#pending >= this.#options.max_pending) {
      throw new UserError(
        "engine_busy",
        `${this.#pending} requests are waiting for the engine: try again later`,
      );
    }
    // First, because a machine that has no room for another process refuses it here.
    const engine = this.#current();
    this.#pending++;
    clearTimeout(this.#idleTimer);
    this.#asked.set(engine, (this.#asked.get(engine) ?? 0) + 1);
    let deadline: ReturnType<typeof setTimeout> | undefined;
    const onAbort = () => deadline = setTimeout(() => engine.kill(), this.#options.cancel_grace_ms);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await engine.request<Results[R["type"]], GenerationEvent>(
        request,
        onDeltas && (({ deltas }) => onDeltas(deltas)),
        signal,
      );
    } finally {
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(deadline);
      this.#pending--;
      this.#asked.set(engine, this.#asked.get(engine)! - 1);
      if (engine !== this.#engine) this.#stopWhenIdle(engine);
      if (this.#pending === 0 && !this.#closed) {
        clearTimeout(this.#idleTimer);
        this.#idleTimer = setTimeout(() => this.#evict(), this.#options.idle_timeout_ms);
        Deno.unrefTimer(this.#idleTimer);
      }
    }
  }

  /** Lets the process go once it has answered, with every model it holds; later requests start another. */
  retire(): void {
    const engine = this.#engine;
    this.#engine = null;
    if (engine) this.#stopWhenIdle(engine);
  }

  /** Stops the process; later requests are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#evict();
  }

  #stopWhenIdle(engine: EngineProcess): void {
    if (!this.#asked.get(engine)) engine.stop(this.#options.stop_grace_ms);
  }

  #current(): EngineProcess {
    if (this.#engine && !this.#engine.ended) return this.#engine;
    const engine = this.#options.start();
    this.#engine = engine;
    engine.exited.then(() => {
      if (this.#engine === engine) this.#engine = null;
    });
    return engine;
  }

  async #evict(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const engine = this.#engine;
    this.#engine = null;
    await engine?.stop(this.#options.stop_grace_ms);
  }
}
