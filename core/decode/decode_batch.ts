/**
 * One worker of a decode: its tensors, and the bookkeeping of its rows from the prompts to the last token. It binds and
 * takes; running the graph is the decoder's work. Rows of several workers can go on together in a new one.
 */
import { cacheHeadSize } from "../../kernels/nn/attend.ts";
import type { Binding } from "../ort/binding.ts";
import { Tensor } from "../ort/tensor.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { accept, type ActiveSequence, hasEnded } from "./active_sequence.ts";
import { int64s } from "../run/token_batch.ts";
import { TokenTables } from "./token_tables.ts";

export interface DecodingOptions<Row extends ActiveSequence> {
  /** Whether any row cuts its distribution. */
  truncation: boolean;
  /** Tokens a row that the cache has room for. */
  capacity: number;
  /** Tokens a row that are decoded at most before the host looks at them. */
  syncInterval: number;
  /** More inputs that go with the rows; made anew whenever these change. */
  inputs?: (rows: readonly Row[]) => Record<string, Tensor>;
}

/** A row at its place in the worker it is taken from. */
export interface Place<Row extends ActiveSequence> {
  readonly worker: Decoding<Row>;
  readonly at: number;
}

/** Rows leave the batch once this share of it has ended: moving the cache costs about one step. */
const RETIRE_SHARE = 0.25;

/** Numbers of one token in the caches of all layers. */
export function cacheNumbers(config: ModelConfig): number {
  return 2 * config.num_hidden_layers * config.num_key_value_heads * cacheHeadSize(config);
}

export class Decoding<Row extends ActiveSequence = ActiveSequence> {
  readonly #base: BaseModel;
  readonly #options: DecodingOptions<Row>;
  readonly #cache: Tensor[];
  /** Shape of a row's cache in one layer. */
  readonly #cacheShape: readonly [number, number, number];
  #rows: Row[];
  /** Whether the run that is bound is that of the prompts. */
  #prompting = false;
  /** Inputs that stay as they are until the next are bound. */
  #tensors: Record<string, Tensor> = {};
  #views: Tensor[] = [];
  #tables: TokenTables | undefined;
  /** Tokens in the longest row, ended ones included, and tokens of a row in this sync interval. */
  #longest = 0;
  #interval = 0;

  constructor(base: BaseModel, rows: readonly Row[], options: DecodingOptions<Row>) {
    this.#base = base;
    this.#options = options;
    this.#rows = [...rows];
    const { num_key_value_heads, num_hidden_layers } = base.config;
    this.#cacheShape = [num_key_value_heads, options.capacity, cacheHeadSize(base.config)];
    this.#cache = Array.from(
      { length: 2 * num_hidden_layers },
      () => Tensor.allocate(base.runtime, base.numerics.cache, [rows.length, ...this.#cacheShape]),
    );
  }

  /** A worker in which rows of others go on, bound for their next token. The others keep what is theirs. */
  static gathered<Row extends ActiveSequence>(
    base: BaseModel,
    places: readonly Place<Row>[],
    binding: Binding,
    options: DecodingOptions<Row>,
  ): Decoding<Row> {
    const worker = new Decoding(base, places.map(({ worker, at }) => worker.#rows[at]!), options);
    try {
      const moves = places.map((place, to) => ({ ...place, to }));
      for (const [from, theirs] of Map.groupBy(moves, ({ worker }) => worker)) worker.#copyRows(from, theirs);
      worker.#bindNext(binding);
      return worker;
    } catch (thrown) {
      worker[Symbol.dispose]();
      throw thrown;
    }
  }

  /** The rows in their places; some may have ended. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** The places of rows that go on. */
  get places(): Place<Row>[] {
    return this.#rows.map((_, at) => ({ worker: this, at })).filter(({ at }) => !hasEnded(this.#rows[at]!));
  }

  get active(): boolean {
    return this.#rows.some((row) => !hasEnded(row));
  }

  /** Whether the cache has no place for the next token of some row. */
  get full(): boolean {
    return this.#rows.some((row) => !hasEnded(row) && row.length > this.#options.capacity);
  }

  /**
   * Tokens a row that can be decoded before the host must look: the cache has places for them in each row that goes on, and
   * one of them may need the last.
   */
  get syncInterval(): number {
    const { tokens } = this.#tables!;
    if (tokens === 1) return 1;
    const going = this.#rows.filter((row) => !hasEnded(row));
    const room = Math.min(...going.map(({ length }) => this.#options.capacity - length + 1));
    const wanted = Math.max(
      ...going.map(({ request, sampled }) => request.max_new_tokens - sampled.response_ids.length),
    );
    return Math.min(tokens, room, wanted);
  }

  /** Binds the first run: every prompt at once, padded on the right. */
  bindPrompts(binding: Binding): void {
    const columns = Math.max(...this.#rows.map(({ request }) => request.prompt_ids.length));
    const count = this.#rows.length;
    const ids = int64s(count * columns);
    const last = int64s(count);
    this.#rows.forEach(({ request: { prompt_ids } }, at) => {
      for (let s = 0; s < prompt_ids.length; s++) ids.words[2 * (at * columns + s)] = prompt_ids[s]!;
      last.words[2 * at] = at * columns + prompt_ids.length - 1;
    });
    this.#bind(binding, last.array, 1);
    const prompts = Tensor.onDevice(this.#base.runtime, "int64", [count, columns], ids.array);
    this.#tensors.ids = prompts;
    binding.input("ids", prompts);
    this.#prompting = true;
  }

  /**
   * Writes the positions and random numbers of a sync interval. Rows that have ended run on with the others, and so do those that
   * end before the last token, for nobody: they stay inside the cache.
   */
  prepare(tokens: number): void {
    const tables = this.#tables!;
    const { capacity } = this.#options;
    const uniform = new Float32Array(tables.tokens * tables.width);
    const lastPosition = new Int32Array(uniform.length);
    this.#longest = 0;
    this.#interval = tokens;
    this.#rows.forEach(({ request, sampled, length }, at) => {
      const first = sampled.response_ids.length;
      for (let token = 0; token < tokens; token++) {
        const place = tables.start(token) + at;
        if (first + token < request.max_new_tokens) uniform[place] = request.uniform(first + token);
        lastPosition[place] = Math.min(length + token, capacity) - 1;
      }
      this.#longest = Math.max(this.#longest, length);
    });
    tables.write(uniform, lastPosition);
  }

  /** Binds the run of token `at` of the sync interval; nothing is copied to a device. */
  advance(at: number): void {
    this.#tables!.bind(at);
    const total = Math.min(this.#longest + at, this.#options.capacity);
    (this.#tensors.total_length as Tensor<"int32">).write(Int32Array.of(total));
  }

  /** Takes what the sync interval sampled, each row up to its end. */
  take(): void {
    const tables = this.#tables!;
    const { words, logprobs } = tables.read();
    for (let at = 0; at < this.#interval; at++) {
      const start = tables.start(at);
      this.#rows.forEach((sequence, row) => {
        if (!hasEnded(sequence)) accept(sequence, words[2 * (start + row)]!, logprobs[start + row]!);
      });
    }
    tables.end(this.#interval);
  }

  /** Binds the next run where its shape is another than the last one's. */
  goOn(binding: Binding): void {
    const kept = this.places.map(({ at }) => at);
    if (kept.length === 0) {
      this.#rows = [];
    } else if (this.#prompting || kept.length <= this.#rows.length * (1 - RETIRE_SHARE)) {
      this.#copyRows(this, kept.map((at, to) => ({ at, to })).filter(({ at, to }) => at !== to));
      this.#rows = kept.map((at) => this.#rows[at]!);
      this.#bindNext(binding);
    }
  }

  /** Copies what is in the caches of rows to their places here; in the same worker rows only move to the front. */
  #copyRows(from: Decoding<Row>, moves: readonly { at: number; to: number }[]): void {
    const [heads, theirs, size] = from.#cacheShape;
    const ours = this.#cacheShape[1];
    const copies = moves.map(({ at, to }) => ({
      from: at * heads * theirs * size,
      to: to * heads * ours * size,
      count: (from.#rows[at]!.length - 1) * size, // the newest token is not in the cache yet
      blocks: heads,
      fromStep: theirs * size,
      toStep: ours * size,
    }));
    this.#cache.forEach((cache, index) => cache.copyFrom(from.#cache[index]!, copies));
  }

  /** Binds one token a row. */
  #bindNext(binding: Binding): void {
    const last = int64s(this.#rows.length);
    this.#rows.forEach((_, at) => last.words[2 * at] = at);
    this.#bind(binding, last.array, this.#options.syncInterval);
    this.#tables!.begin(this.#rows.map(({ sampled }) => sampled.response_ids.at(-1)!));
    this.#prompting = false;
  }

  /** Binds tensors for the rows as they are now, with tables for sync intervals of so many tokens. */
  #bind(binding: Binding, last: BigInt64Array<ArrayBuffer>, syncInterval: number): void {
    const { runtime, config } = this.#base;
    const count = this.#rows.length;
    this.#release();
    const float = (values: number[]) =>
      Tensor.onDevice(runtime, "float32", [count], Float32Array.from(values));
    const requests = this.#rows.map(({ request }) => request);
    this.#tables = new TokenTables(runtime, binding, count, syncInterval);
    this.#tensors = {
      last: Tensor.onDevice(runtime, "int64", [count], last),
      // Attention reads this one on the host, wherever it runs.
      total_length: Tensor.onHost(runtime, "int32", []),
      temperature: float(requests.map(({ temperature }) => temperature)),
      ...this.#options.inputs?.(this.#rows),
      ...(this.#options.truncation && {
        top_k: Tensor.onDevice(
          runtime,
          "int64",
          [count],
          BigInt64Array.from(
            requests,
            ({ top_k }) => BigInt(top_k > 0 ? Math.min(top_k, config.vocab_size) : config.vocab_size),
          ),
        ),
        top_p: float(requests.map(({ top_p }) => top_p)),
      }),
    };
    for (const [name, tensor] of Object.entries(this.#tensors)) binding.input(name, tensor);
    for (const [name, tensor] of Object.entries(this.#base.rope(this.#cacheShape[1]))) {
      binding.input(name, tensor);
    }
    this.#cache.forEach((whole, index) => {
      const view = whole.view([count, ...this.#cacheShape]);
      this.#views.push(view);
      const name = `${index % 2 === 0 ? "key" : "value"}.${index >> 1}`;
      binding.input(`past_${name}`, view).output(`present_${name}`, view);
    });
  }

  #release(): void {
    for (const tensor of [...Object.values(this.#tensors), ...this.#views]) tensor.dispose();
    this.#tables?.[Symbol.dispose]();
    this.#tensors = {};
    this.#views = [];
    this.#tables = undefined;
  }

  [Symbol.dispose](): void {
    this.#release();
    for (const tensor of this.#cache) tensor.dispose();
  }
}
