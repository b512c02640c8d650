/**
 * Keys and values of the rows of a decode, of all layers, with room for as many tokens a row. The graph appends in place:
 * what it takes as the past it also gives as the present. Nothing grows where it lies; rows move into a larger one.
 */
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { cacheHeadSize } from "../../kernels/nn/attend.ts";
import { type Dtype, DTYPES } from "../../kernels/onnx/dtypes.ts";
import type { Binding } from "../ort/binding.ts";
import { Tensor } from "../ort/tensor.ts";
import type { BaseModel } from "../weights/base_model.ts";

/** A cache is made this much longer than its rows are, and anew when they have filled it. */
const SPARE_TOKENS = 64;
const SPARE_SHARE = 0.5;

/** Bytes of one token in the caches of all layers. */
export function tokenBytes(config: ModelConfig, dtype: Dtype): number {
  return 2 * config.num_hidden_layers * config.num_key_value_heads * cacheHeadSize(config) *
    DTYPES[dtype].bytes;
}

/** Bytes of a cache of `rows` with room for `capacity` tokens each. */
export function cacheBytes(
  config: ModelConfig,
  { rows, capacity, dtype }: { rows: number; capacity: number; dtype: Dtype },
): number {
  return rows * capacity * tokenBytes(config, dtype);
}

/** Tokens to make room for: what a row has and some more, as it may end long before it must. */
export function roomFor(length: number, most: number): number {
  return Math.min(most, length + SPARE_TOKENS + Math.floor(SPARE_SHARE * length));
}

/** A row that moves from one place to another with its first `tokens` tokens. */
export interface Move {
  at: number;
  to: number;
  tokens: number;
}

export class KvCache {
  /** Tokens a row that there is room for. */
  readonly capacity: number;
  readonly #base: BaseModel;
  /** Keys and values of each layer, in turn. */
  readonly #tensors: readonly Tensor[];
  /** Shape of a row in one layer. */
  readonly #shape: readonly [heads: number, capacity: number, size: number];

  constructor(base: BaseModel, rows: number, capacity: number) {
    const { num_key_value_heads, num_hidden_layers } = base.config;
    this.#base = base;
    this.capacity = capacity;
    this.#shape = [num_key_value_heads, capacity, cacheHeadSize(base.config)];
    this.#tensors = Array.from(
      { length: 2 * num_hidden_layers },
      () => Tensor.allocate(base.runtime, base.numerics.cache, [rows, ...this.#shape]),
    );
  }

  /** Copies rows of another cache to their places here; within the same one rows only move to the front. */
  copyRows(from: KvCache, moves: readonly Move[]): void {
    const [heads, theirs, size] = from.#shape;
    const ours = this.#shape[1];
    const copies = moves.map(({ at, to, tokens }) => ({
      from: at * heads * theirs * size,
      to: to * heads * ours * size,
      count: tokens * size,
      blocks: heads,
      fromStep: theirs * size,
      toStep: ours * size,
    }));
    this.#tensors.forEach((tensor, index) => tensor.copyFrom(from.#tensors[index]!, copies));
  }

  /** Binds the first `rows`, and the rotary tables for all places; what it gives is to be freed when others are bound. */
  bind(binding: Binding, rows: number): Disposable {
    const views = new DisposableStack();
    for (const [name, tensor] of Object.entries(this.#base.rope(this.capacity))) binding.input(name, tensor);
    this.#tensors.forEach((whole, index) => {
      const view = whole.view([rows, ...this.#shape]);
      views.defer(() => view.dispose());
      const name = `${index % 2 === 0 ? "key" : "value"}.${index >> 1}`;
      binding.input(`past_${name}`, view).output(`present_${name}`, view);
    });
    return views;
  }

  [Symbol.dispose](): void {
    for (const tensor of this.#tensors) tensor.dispose();
  }
}
