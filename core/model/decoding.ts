/**
 * One lane of a decode call: its tensors, and the bookkeeping of its rows from the prompts to the last token. It binds
 * and takes; running the graph is the decoder's work.
 */
import { cacheHeadSize } from "../../kernels/nn/attend.ts";
import type { Binding } from "../ort/binding.ts";
import { Tensor } from "../ort/tensor.ts";
import type { FinishReason } from "../ppo/experience.ts";
import type { BaseModel } from "./base_model.ts";
import { int64s } from "./token_batch.ts";

export interface DecodeRow {
  /** int32 (P), P ≥ 1 */
  readonly prompt_ids: ArrayLike<number>;
  readonly max_new_tokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 is off. */
  readonly top_k: number;
  /** 1 is off. */
  readonly top_p: number;
  /** A number in [0, 1) for each position of the response: the row's own randomness. */
  readonly uniform: (position: number) => number;
  readonly stop_token_ids: ReadonlySet<number>;
  /** Asked after each token; true ends the row there, as a stop token would. */
  readonly ends?: (response_ids: readonly number[]) => boolean;
  /** Told of each token after that was decided; `finish_reason` is null while the row goes on. */
  readonly onToken?: (token: number, logprob: number, finish_reason: FinishReason | null) => void;
}

export interface DecodedRow {
  /** The stop token is the last one if there was one. */
  response_ids: number[];
  /** Log-probability of each token at the row's temperature (1 when greedy), before top-k and top-p. */
  logprobs: number[];
  finish_reason: FinishReason;
}

/** Rows leave the batch once this share of it has ended: moving the cache costs about one step. */
const RETIRE_SHARE = 0.25;

interface ActiveRow {
  readonly index: number;
  readonly row: DecodeRow;
  readonly out: DecodedRow;
  /** Tokens in the cache. */
  length: number;
}

/** The tensors of one decode call, and the bookkeeping of its rows. */
export class Decoding {
  readonly results: DecodedRow[];
  readonly #base: BaseModel;
  readonly #truncation: boolean;
  readonly #cache: Tensor[];
  readonly #cacheShape: readonly [number, number, number];
  readonly #promptColumns: number;
  #rows: ActiveRow[];
  #tensors: Record<string, Tensor> = {};
  #views: Tensor[] = [];

  constructor(base: BaseModel, rows: readonly DecodeRow[], truncation: boolean) {
    this.#base = base;
    this.#truncation = truncation;
    this.results = rows.map(() => ({ response_ids: [], logprobs: [], finish_reason: "length" }));
    this.#rows = rows.map((row, index) => ({
      index,
      row,
      out: this.results[index]!,
      length: row.prompt_ids.length,
    }));
    this.#promptColumns = Math.max(...rows.map(({ prompt_ids }) => prompt_ids.length));
    const longest = Math.max(
      ...rows.map(({ prompt_ids, max_new_tokens }) => prompt_ids.length + max_new_tokens),
    );
    const capacity = Math.max(longest, this.#promptColumns);
    const { num_key_value_heads, num_hidden_layers } = base.config;
    this.#cacheShape = [num_key_value_heads, capacity, cacheHeadSize(base.config)];
    this.#cache = Array.from(
      { length: 2 * num_hidden_layers },
      () => Tensor.from(base.runtime, "float32", [rows.length, ...this.#cacheShape]),
    );
  }

  get active(): number {
    return this.#rows.length;
  }

  /** Binds the first run: every prompt at once, padded on the right. */
  bindPrompts(binding: Binding): void {
    const columns = this.#promptColumns;
    const ids = int64s(this.#rows.length * columns);
    const last = int64s(this.#rows.length);
    this.#rows.forEach(({ row: { prompt_ids } }, at) => {
      for (let s = 0; s < prompt_ids.length; s++) ids.words[2 * (at * columns + s)] = prompt_ids[s]!;
      last.words[2 * at] = at * columns + prompt_ids.length - 1;
    });
    this.#bind(binding, ids.array, columns, last.array);
  }

  /** Writes this run's positions and random numbers. */
  prepare(): void {
    const uniform = this.#tensors.uniform!.data as Float32Array;
    const lastPosition = this.#tensors.last_position!.data as Int32Array;
    let total = 0;
    this.#rows.forEach(({ row, out, length }, at) => {
      uniform[at] = row.uniform(out.response_ids.length);
      lastPosition[at] = length - 1;
      total = Math.max(total, length);
    });
    (this.#tensors.total_length!.data as Int32Array)[0] = total;
  }

  /** Takes the sampled tokens, and binds the next run where its shape is another. */
  take(binding: Binding): void {
    const tokens = this.#tensors.token!.data as BigInt64Array;
    const words = new Uint32Array(tokens.buffer, tokens.byteOffset, 2 * tokens.length);
    const logprobs = this.#tensors.logprob!.data as Float32Array;
    const first = this.#tensors.ids!.dims[1] !== 1 ||
      this.#rows.some(({ out }) => out.response_ids.length === 0);
    const kept: number[] = [];
    this.#rows.forEach(({ row, out }, at) => {
      if (this.#ended(at)) return;
      const token = words[2 * at]!;
      out.response_ids.push(token);
      out.logprobs.push(logprobs[at]!);
      this.#rows[at]!.length++;
      if (row.stop_token_ids.has(token) || row.ends?.(out.response_ids)) out.finish_reason = "stop";
      const ended = this.#ended(at);
      row.onToken?.(token, logprobs[at]!, ended ? out.finish_reason : null);
      if (!ended) kept.push(at);
    });
    if (kept.length === 0) {
      this.#rows = [];
    } else if (first || kept.length <= this.#rows.length * (1 - RETIRE_SHARE)) {
      this.#continueWith(binding, kept);
    }
  }

  #ended(at: number): boolean {
    const { row, out } = this.#rows[at]!;
    return out.finish_reason === "stop" || out.response_ids.length >= row.max_new_tokens;
  }

  /** Goes on with the rows at `kept`, their caches moved to the front, one token a run. */
  #continueWith(binding: Binding, kept: readonly number[]): void {
    const stride = this.#cacheShape.reduce((a, b) => a * b, 1);
    for (const { data } of this.#cache) {
      kept.forEach((from, to) => {
        if (from !== to) (data as Float32Array).copyWithin(to * stride, from * stride, (from + 1) * stride);
      });
    }
    this.#rows = kept.map((at) => this.#rows[at]!);
    const ids = int64s(kept.length);
    const last = int64s(kept.length);
    this.#rows.forEach(({ out }, at) => {
      ids.words[2 * at] = out.response_ids.at(-1)!;
      last.words[2 * at] = at;
    });
    this.#bind(binding, ids.array, 1, last.array);
  }

  /** Binds tensors for the rows as they are now. With one column, each run's tokens are the next run's ids. */
  #bind(
    binding: Binding,
    ids: BigInt64Array<ArrayBuffer>,
    columns: number,
    last: BigInt64Array<ArrayBuffer>,
  ): void {
    const { runtime, config } = this.#base;
    const count = this.#rows.length;
    this.#release();
    const float = (values: number[]) => Tensor.from(runtime, "float32", [count], Float32Array.from(values));
    const rows = this.#rows.map(({ row }) => row);
    const idsTensor = Tensor.from(runtime, "int64", [count, columns], ids);
    this.#tensors = {
      ids: idsTensor,
      last: Tensor.from(runtime, "int64", [count], last),
      last_position: Tensor.from(runtime, "int32", [count]),
      total_length: Tensor.from(runtime, "int32", []),
      temperature: float(rows.map(({ temperature }) => temperature)),
      uniform: Tensor.from(runtime, "float32", [count]),
      ...(this.#truncation && {
        top_k: Tensor.from(
          runtime,
          "int64",
          [count],
          BigInt64Array.from(
            rows,
            ({ top_k }) => BigInt(top_k > 0 ? Math.min(top_k, config.vocab_size) : config.vocab_size),
          ),
        ),
        top_p: float(rows.map(({ top_p }) => top_p)),
      }),
    };
    for (const [name, tensor] of Object.entries(this.#tensors)) binding.input(name, tensor);
    for (const [name, tensor] of Object.entries(this.#base.rope(this.#cacheShape[1]))) {
      binding.input(name, tensor);
    }
    this.#tensors.token = columns === 1 ? idsTensor.view([count]) : Tensor.from(runtime, "int64", [count]);
    this.#tensors.logprob = Tensor.from(runtime, "float32", [count]);
    binding.output("token", this.#tensors.token).output("logprob", this.#tensors.logprob);
    this.#cache.forEach((whole, index) => {
      const view = whole.view([count, ...this.#cacheShape]);
      this.#views.push(view);
      const name = `${index % 2 === 0 ? "key" : "value"}.${index >> 1}`;
      binding.input(`past_${name}`, view).output(`present_${name}`, view);
    });
  }

  #release(): void {
    for (const tensor of [...Object.values(this.#tensors), ...this.#views]) tensor.dispose();
    this.#tensors = {};
    this.#views = [];
  }

  [Symbol.dispose](): void {
    this.#release();
    for (const tensor of this.#cache) tensor.dispose();
  }
}
