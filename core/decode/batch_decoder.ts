/**
 * Decodes rows of many callers in one batch over one base: each row with the adapter of its caller, or none. Rows come
 * when they are asked for, run over their prompts, and go on with the others from the next token on; what a row gets
 * depends on its own numbers only. Knows nothing of text or requests.
 */
import { generateArtifact, multiLoraArtifact, type Tuning } from "../../kernels/artifacts.ts";
import type { Precision } from "../../kernels/nn/parameters.ts";
import { MULTI_LORA } from "../../kernels/nn/multi_lora.ts";
import { UserError } from "../errors.ts";
import type { Binding } from "../ort/binding.ts";
import type { Session } from "../ort/session.ts";
import type { BaseModel } from "../weights/base_model.ts";
import type { SampledSequence } from "./sampled_sequence.ts";
import { isCut, mostTokens, type SamplingRequest } from "./sampling_request.ts";
import { type ActiveSequence, activeSequence } from "./active_sequence.ts";
import { type BatchOptions, DecodeBatch, decodeTogether, type Place } from "./decode_batch.ts";
import { roomFor, tokenBytes } from "./kv_cache.ts";
import { type PromptGroup, promptGroups } from "./prompt_groups.ts";
import { cutEvenly, workersOfDecode } from "../run/workers.ts";
import type { LoadedAdapter } from "../weights/load_adapter.ts";
import { SessionCache } from "../run/session_cache.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";
import { StackedAdapters } from "./stacked_adapters.ts";

/** Rows in one batch; more wait. */
const MAX_ROWS = 64;
/** Where many rows wait they join once this share of the batch is free, as each joining costs about a step. */
const JOIN_SHARE = 0.25;
/** Scores of attention, and tokens, that one run over prompts makes at most, unless a single row makes more. */
const MAX_SCORES = 1 << 26;
const MAX_PROMPT_TOKENS = 8192;
/** The caches together get this share of the machine's memory, twice as much while they are laid out anew. */
const CACHE_SHARE = 0.2;
/** Sessions kept: one for each set of layers that adapters change, with and without cuts. */
const MAX_SESSIONS = 6;

interface Caller {
  readonly adapter: LoadedAdapter | null;
  readonly rows: CallerSequence[];
  readonly signal: AbortSignal | undefined;
  readonly answer: PromiseWithResolvers<SampledSequence[]>;
  /** Rows that have joined the batch: the first so many. */
  joined: number;
  /** Rows that have not ended. */
  open: number;
  /** What is wrong with what its rows got. */
  fault: UserError | null;
}

interface CallerSequence extends ActiveSequence {
  readonly caller: Caller;
}

/** What all workers of a batch have in common. */
interface Layout extends Omit<BatchOptions<CallerSequence>, "capacity"> {
  /** Of each worker that these rows can come to. */
  readonly sessions: readonly Session[];
  /** Of so many workers. */
  readonly sessionsFor: (workers: number) => Promise<readonly Session[]>;
  readonly stack: StackedAdapters | null;
}

type CallerBatch = DecodeBatch<CallerSequence>;

/** Weights of a model that full fine-tuning changed: all of them, or those of some layers. */
export interface FullWeights {
  tuning: Extract<Tuning, { type: "full" }>;
  parameters: ParameterSet;
}

export class BatchDecoder {
  readonly #base: BaseModel;
  readonly #sessions: SessionCache;
  /** Weights that are not the base's, and what graphs are built with for them. */
  readonly #full: FullWeights | null;
  readonly #precision: Precision;
  readonly #budget: number;
  /** In order of arrival, until they are answered. */
  readonly #callers = new Set<Caller>();
  #names = new Set<string>();
  #workers: CallerBatch[] = [];
  #stack: StackedAdapters | null = null;
  #looping = false;
  #running: { callers: Set<Caller>; abort: AbortController } | null = null;

  /**
   * @param full weights instead of the base's own
   * @param precision what frozen weights are multiplied as; the base's by default
   */
  constructor(base: BaseModel, full: FullWeights | null = null, precision: Precision = base.precision) {
    this.#base = base;
    this.#precision = precision;
    this.#sessions = new SessionCache(base);
    this.#full = full;
    this.#budget = CACHE_SHARE * Deno.systemMemoryInfo().total;
  }

  /** Tokens, prompt included, that a row may come to on this machine. */
  get maxTokens(): number {
    return Math.floor(this.#budget / tokenBytes(this.#base.config, "float32"));
  }

  /**
   * Responses to `requests`, in order, beside whatever else is being decoded.
   *
   * @param signal takes these rows out of the batch at the next token; the others go on
   * @throws UserError `cancelled` as the signal says, `out_of_memory`
   */
  decode(
    requests: readonly SamplingRequest[],
    adapter: LoadedAdapter | null,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<SampledSequence[]> {
    const caller: Caller = {
      ...{
        adapter,
        rows: [],
        signal,
        answer: Promise.withResolvers(),
        joined: 0,
        open: requests.length,
        fault: null,
      },
    };
    caller.rows.push(...requests.map((one) => ({ ...activeSequence(counted(one, caller)), caller })));
    const onAbort = () => this.#stopWhenUnwanted();
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#callers.add(caller);
    if (!this.#looping) this.#loop();
    return caller.answer.promise.finally(() => signal?.removeEventListener("abort", onAbort));
  }

  /** Runs while there are callers. Never rejects: what goes wrong is theirs to hear. */
  async #loop(): Promise<void> {
    this.#looping = true;
    await null; // callers of the same moment start together
    while (this.#callers.size > 0) {
      for (const caller of this.#callers) {
        if (caller.signal?.aborted) this.#refuse(caller, caller.signal.reason);
      }
      const newcomers = this.#newcomers();
      await this.#guarded(newcomers, () => this.#join(newcomers));
      await this.#guarded(rowsAt(this.#places), () => this.#step());
      for (const caller of this.#callers) {
        if (caller.fault) this.#refuse(caller, caller.fault);
        if (caller.open > 0) continue;
        this.#callers.delete(caller);
        caller.answer.resolve(caller.rows.map(({ sampled }) => sampled));
      }
    }
    this.#leave(this.#workers);
    this.#stack?.dispose();
    this.#stack = null;
    this.#looping = false;
  }

  /** Where the rows that go on are. */
  get #places(): Place<CallerSequence>[] {
    return this.#workers.flatMap(({ places }) => places);
  }

  /** Does work for `rows`; when it fails, their callers hear of it and nobody else does. */
  async #guarded(rows: readonly CallerSequence[], work: () => Promise<void>): Promise<void> {
    if (rows.length === 0) return;
    const callers = new Set(rows.map(({ caller }) => caller));
    this.#running = { callers, abort: new AbortController() };
    try {
      await work();
    } catch (thrown) {
      for (const caller of callers) {
        this.#refuse(caller, caller.signal?.aborted ? caller.signal.reason : thrown);
      }
    } finally {
      this.#running = null;
    }
  }

  /** Ends a run in the middle once none of its callers waits for it. */
  #stopWhenUnwanted(): void {
    const running = this.#running;
    if (!running || ![...running.callers].every(({ signal }) => signal?.aborted)) return;
    running.abort.abort(new UserError("cancelled", "Nobody waits for the run"));
  }

  #refuse(caller: Caller, reason: unknown): void {
    if (!this.#callers.delete(caller)) return;
    for (const row of caller.rows) row.abandoned = true;
    caller.answer.reject(reason);
  }

  /** Rows that join the batch now, of every caller in turn, as far as there is room. */
  #newcomers(): CallerSequence[] {
    const waiting = [...this.#callers].filter(({ joined, rows }) => joined < rows.length);
    if (waiting.length === 0) return [];
    const active = rowsAt(this.#places);
    const wanted = waiting.reduce((sum, { joined, rows }) => sum + rows.length - joined, 0);
    if (MAX_ROWS - active.length < Math.min(wanted, MAX_ROWS * JOIN_SHARE)) return [];
    let tokens = active.reduce((sum, { request }) => sum + mostTokens(request), 0);
    const chosen: CallerSequence[] = [];
    for (
      let turn = waiting;
      turn.length > 0;
      turn = turn.filter(({ joined, rows }) => joined < rows.length)
    ) {
      for (const caller of turn) {
        const row = caller.rows[caller.joined]!;
        const rows = active.length + chosen.length;
        tokens += mostTokens(row.request);
        if (rows > 0 && (rows === MAX_ROWS || tokens > this.maxTokens)) return chosen;
        chosen.push(row);
        caller.joined++;
      }
    }
    return chosen;
  }

  /** Runs the prompts of `newcomers`, whose first tokens these give, and puts them into the batch. */
  async #join(newcomers: readonly CallerSequence[]): Promise<void> {
    const layout = await this.#layout([...rowsAt(this.#places), ...newcomers]);
    const prompts: CallerBatch[] = [];
    try {
      for (const chunk of chunksOf(newcomers, this.#base)) {
        const started: CallerBatch[] = [];
        const parts = cutEvenly(chunk, this.#workersFor(chunk));
        const prompting = parts.length === layout.sessions.length
          ? layout
          : { ...layout, sessions: await layout.sessionsFor(parts.length) };
        for (const [worker, part] of parts.entries()) {
          const capacity = Math.max(...part.map(([{ request }]) => request.prompt_ids.length));
          const binding = this.#bound(prompting, worker);
          const batch = DecodeBatch.ofPrompts(this.#base, part, binding, { ...layout, capacity });
          started.push(batch);
          prompts.push(batch);
        }
        await decodeTogether(started, this.#running!.abort.signal);
      }
      this.#regroup([...this.#places, ...prompts.flatMap(({ places }) => places)], layout);
    } finally {
      this.#leave(prompts);
    }
  }

  /** One token of every row in the batch. */
  async #step(): Promise<void> {
    try {
      if (this.#workers.some(({ full }) => full)) {
        this.#regroup(this.#places, await this.#layout(rowsAt(this.#places)));
      }
      const going = this.#workers.filter(({ active }) => active);
      await decodeTogether(going, this.#running!.abort.signal);
    } catch (thrown) {
      this.#leave(this.#workers);
      throw thrown;
    }
  }

  /** Lays the batch out anew with the rows at `places`. */
  #regroup(places: Place<CallerSequence>[], layout: Layout): void {
    const made: CallerBatch[] = [];
    try {
      const parts = places.length > 0 ? cutEvenly(places, this.#workersFor(places)) : [];
      for (const [worker, part] of parts.entries()) {
        const rooms = rowsAt(part).map(({ request, length }) => roomFor(length, mostTokens(request)));
        const options = { ...layout, capacity: Math.max(...rooms) };
        made.push(DecodeBatch.gathered(this.#base, part, this.#bound(layout, worker), options));
      }
    } catch (thrown) {
      this.#leave(made);
      throw thrown;
    }
    this.#leave(this.#workers);
    this.#workers = made;
  }

  /** What a batch of `rows` runs. */
  async #layout(rows: readonly CallerSequence[]): Promise<Layout> {
    const truncation = rows.some(({ request }) => isCut(request));
    const top = rows.some(({ request }) => request.top);
    const stack = this.#stackFor(rows);
    const { config, runtime: { target } } = this.#base;
    const held = { precision: this.#precision, target };
    const name = `${truncation}:${top}:${[...stack?.modules ?? []].join()}`;
    this.#names.add(name);
    if (this.#names.size > MAX_SESSIONS) {
      this.#sessions.dispose(); // those in use live on until they are not
      this.#names = new Set([name]);
    }
    const asked = { truncation, top, joined: true };
    const artifact = () =>
      stack
        ? multiLoraArtifact(config, stack.modules, { ...asked, ...held })
        : generateArtifact(config, { ...this.#full?.tuning ?? { type: "none" }, ...held }, {
          ...asked,
          lora: "added",
        });
    const options = { prepacking: true, apart: true };
    const sessionsFor = (workers: number) => this.#sessions.forWorkers(workers, name, artifact, options);
    const sessions = await sessionsFor(this.#workersFor(rows));
    const inputs = stack && ((sampled: readonly CallerSequence[], cached: readonly CallerSequence[]) => {
      const maskOf = (rows: readonly CallerSequence[]) =>
        stack.mask(rows.map(({ caller }) => caller.adapter));
      return { [MULTI_LORA.mask]: maskOf(cached), [MULTI_LORA.sampledMask]: maskOf(sampled) };
    });
    // Rows come, end by what their callers say and are told of each token, so each is looked at.
    return { sessions, sessionsFor, stack, truncation, top, syncInterval: 1, ...(inputs && { inputs }) };
  }

  #workersFor(rows: readonly unknown[]): number {
    return workersOfDecode(rows.length, this.#base, this.#base.layerBytes(this.#precision));
  }

  #bound({ sessions, stack }: Layout, worker: number): Binding {
    const session = sessions[worker]!;
    const binding = session.bind();
    stack?.bind(binding);
    this.#full?.parameters.bind(binding, "input", (name) => session.takes(name));
    return binding;
  }

  /** A stack with the adapters of all `rows`: the one there is where it has them. */
  #stackFor(rows: readonly CallerSequence[]): StackedAdapters | null {
    const adapters = new Set(rows.flatMap(({ caller }) => caller.adapter ?? []));
    const current = this.#stack;
    if ([...adapters].every((adapter) => current?.has(adapter))) return adapters.size > 0 ? current : null;
    this.#stack = new StackedAdapters(this.#base, adapters);
    current?.dispose();
    return this.#stack;
  }

  #leave(workers: readonly CallerBatch[]): void {
    for (const batch of workers) batch[Symbol.dispose]();
    if (workers === this.#workers) this.#workers = [];
  }

  /** Frees its sessions, and the caches once nobody is being answered. */
  dispose(): void {
    this.#sessions.dispose();
  }
}

function rowsAt(places: readonly Place<CallerSequence>[]): CallerSequence[] {
  return places.map(({ batch, at }) => batch.rows[at]!);
}

function notFinite(): UserError {
  return new UserError(
    "damaged_model",
    "The policy's probabilities are not finite: there is NaN or infinity in its weights, or they overflow",
  );
}

/** The request, which tells its caller when it ends, or that its token came from no distribution. */
function counted(request: SamplingRequest, caller: Caller): SamplingRequest {
  return {
    ...request,
    onToken: (token, logprob, finish_reason, top) => {
      if (!Number.isFinite(logprob)) caller.fault ??= notFinite();
      request.onToken?.(token, logprob, finish_reason, top);
      if (finish_reason !== null) caller.open--;
    },
  };
}

/** Rows whose prompts run together, by prompt: of similar lengths, and not too much at once. */
function chunksOf(
  rows: readonly CallerSequence[],
  { config }: BaseModel,
): PromptGroup<CallerSequence>[][] {
  const lengthOf = ([{ request }]: PromptGroup<CallerSequence>) => request.prompt_ids.length;
  const chunks: PromptGroup<CallerSequence>[][] = [];
  const groups = promptGroups(rows, ({ caller }) => caller.adapter);
  for (const group of groups.sort((a, b) => lengthOf(b) - lengthOf(a))) {
    const chunk = chunks.at(-1);
    const longest = chunk ? lengthOf(chunk[0]!) : 0; // longest first, so it decides
    const tokens = longest * ((chunk?.length ?? 0) + 1);
    const scores = tokens * longest * config.num_attention_heads;
    if (chunk && tokens <= MAX_PROMPT_TOKENS && scores <= MAX_SCORES) chunk.push(group);
    else chunks.push([group]);
  }
  return chunks;
}
