/** Short-lived input tensors of one run, made from plain arrays and released together. */
import type { Binding } from "../ort/binding.ts";
import type { Runtime } from "../ort/runtime.ts";
import type { Session } from "../ort/session.ts";
import { Tensor } from "../ort/tensor.ts";
import { DROPOUT_INPUTS, DROPOUT_KEYS } from "../../kernels/nn/lora_dropout.ts";
import type { LoraDropout, MaskedRow } from "./lora_dropout.ts";
import { hiddenBatch } from "./hidden_batch.ts";
import { int64s, type TokenBatch, type TokenSequence } from "./token_batch.ts";

export class Feeds {
  readonly #runtime: Runtime;
  readonly #tensors = new Map<string, Tensor>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** A float32 scalar. */
  scalar(name: string, value: number): this {
    this.#tensors.set(name, Tensor.onHost(this.#runtime, "float32", [], Float32Array.of(value)));
    return this;
  }

  /** A float32 vector, not copied. */
  vector(name: string, values: Float32Array<ArrayBuffer>): this {
    this.#tensors.set(name, Tensor.onHost(this.#runtime, "float32", [values.length], values));
    return this;
  }

  /** An int64 vector of small numbers that are not negative. */
  integers(name: string, values: ArrayLike<number>): this {
    const { array, words } = int64s(values.length);
    for (let i = 0; i < values.length; i++) words[2 * i] = values[i]!;
    this.#tensors.set(name, Tensor.onHost(this.#runtime, "int64", [values.length], array));
    return this;
  }

  /** A tensor that this takes over. */
  tensor(name: string, tensor: Tensor): this {
    this.#tensors.set(name, tensor);
    return this;
  }

  /** ids, positions and targets of a batch. */
  batch(batch: TokenBatch): this {
    const { rows, columns, tokens, ids, positions, targets } = batch;
    this.#tensors.set("ids", Tensor.onHost(this.#runtime, "int64", [rows, columns], ids));
    this.#tensors.set("positions", Tensor.onHost(this.#runtime, "int64", [tokens], positions));
    this.#tensors.set("targets", Tensor.onHost(this.#runtime, "int64", [tokens], targets));
    return this;
  }

  /**
   * What goes into layer `from` of a batch's sequences, for graphs that begin there; nothing for those that begin with the
   * embedding.
   */
  hidden(
    sequences: readonly TokenSequence[],
    { from, columns, width }: { from: number; columns: number; width: number },
  ): this {
    if (from === 0) return this;
    const values = hiddenBatch(sequences, { layer: from, columns, width });
    return this.tensor(
      "hidden",
      Tensor.onHost(this.#runtime, "float32", [sequences.length, columns, width], values),
    );
  }

  /** Where the sequences of a batch begin that share rows. */
  starts(
    { rows, columns, starts }: { rows: number; columns: number; starts: BigInt64Array<ArrayBuffer> },
  ): this {
    return this.tensor("starts", Tensor.onHost(this.#runtime, "int64", [rows, columns], starts));
  }

  /** What the masks of a step's rows are drawn by, for graphs with dropout; the batch has that many columns. */
  dropout(
    dropout: LoraDropout,
    step: number | undefined,
    rows: readonly MaskedRow[],
    columns: number,
  ): this {
    const keys = dropout.tokenKeys(step, rows, columns);
    const shape = [rows.length, columns, DROPOUT_KEYS.length];
    this.#tensors.set(DROPOUT_INPUTS.tokens, Tensor.onHost(this.#runtime, "float32", shape, keys));
    return this.scalar(DROPOUT_INPUTS.rate, dropout.rate);
  }

  /** Binds those that the session takes: an evaluation takes fewer than a training graph. */
  bind(binding: Binding, session: Session): void {
    for (const [name, tensor] of this.#tensors) {
      if (session.takes(name)) binding.input(name, tensor);
    }
  }

  [Symbol.dispose](): void {
    for (const tensor of this.#tensors.values()) tensor.dispose();
  }
}
