/**
 * What changes from token to token of a decode, in tables with a line a token, where the runs are. The host fills and
 * reads lines of several tokens at once, a sync interval; in between each run is bound to the next line and nothing is copied. What
 * one run samples is what the next one reads.
 */
import type { Binding } from "../ort/binding.ts";
import type { Runtime } from "../ort/runtime.ts";
import { Tensor } from "../ort/tensor.ts";
import { int64s } from "../run/token_batch.ts";

/** Lines begin at multiples of so many numbers, as memory of a tensor's own would: kernels may load several at once. */
const ALIGNMENT = 64;

export class TokenTables {
  /** Tokens of the longest sync interval: lines of a table. */
  readonly tokens: number;
  /** Numbers of a line; the first so many as there are rows are used. */
  readonly width: number;
  readonly #binding: Binding;
  readonly #uniform: Tensor<"float32">;
  readonly #lastPosition: Tensor<"int32">;
  readonly #token: Tensor<"int64">;
  readonly #logprob: Tensor<"float32">;
  /** A line's inputs and outputs, by the names that they are bound to. */
  readonly #lines: { inputs: Record<string, Tensor>; outputs: Record<string, Tensor> }[];
  /** The line of a sync interval's first token: sync intervals that end early go on from there. */
  #first = 0;
  #bound: number | undefined;

  /** Tables for so many rows, of which `binding` has the first token's lines. */
  constructor(runtime: Runtime, binding: Binding, rows: number, tokens: number) {
    this.#binding = binding;
    this.tokens = tokens;
    this.width = Math.ceil(rows / ALIGNMENT) * ALIGNMENT;
    const shape = [tokens, this.width];
    this.#uniform = Tensor.zerosOnDevice(runtime, "float32", shape);
    this.#lastPosition = Tensor.zerosOnDevice(runtime, "int32", shape);
    this.#token = Tensor.zerosOnDevice(runtime, "int64", shape);
    this.#logprob = Tensor.zerosOnDevice(runtime, "float32", shape);
    this.#lines = Array.from({ length: tokens }, (_, line) => {
      const start = line * this.width;
      const before = (line + tokens - 1) % tokens * this.width;
      return {
        inputs: {
          ids: this.#token.view([rows, 1], before),
          uniform: this.#uniform.view([rows], start),
          last_position: this.#lastPosition.view([rows], start),
        },
        outputs: { token: this.#token.view([rows], start), logprob: this.#logprob.view([rows], start) },
      };
    });
    this.bind(0);
  }

  /** Where the line of token `at` of this sync interval begins. */
  start(at: number): number {
    return (this.#first + at) % this.tokens * this.width;
  }

  /** What the first run reads: each row's newest token. */
  begin(newest: readonly number[]): void {
    const ids = int64s(newest.length);
    newest.forEach((token, row) => ids.words[2 * row] = token);
    this.#token.write(ids.array, this.start(this.tokens - 1));
  }

  /** Fills the lines of a sync interval, a row's numbers at `start(at) + row`. */
  write(uniform: Float32Array<ArrayBuffer>, lastPosition: Int32Array<ArrayBuffer>): void {
    this.#uniform.write(uniform);
    this.#lastPosition.write(lastPosition);
  }

  /** Binds the run of token `at` of this sync interval. */
  bind(at: number): void {
    const line = (this.#first + at) % this.tokens;
    if (this.#bound === line) return;
    const { inputs, outputs } = this.#lines[line]!;
    for (const [name, tensor] of Object.entries(inputs)) this.#binding.input(name, tensor);
    for (const [name, tensor] of Object.entries(outputs)) this.#binding.output(name, tensor);
    this.#bound = line;
  }

  /** What was sampled: tokens as pairs of words, low word first. */
  read(): { words: Uint32Array; logprobs: Float32Array } {
    const tokens = this.#token.read();
    const words = new Uint32Array(tokens.buffer, tokens.byteOffset, 2 * tokens.length);
    return { words, logprobs: this.#logprob.read() };
  }

  /** Ends a sync interval of so many tokens. */
  end(tokens: number): void {
    this.#first = (this.#first + tokens) % this.tokens;
  }

  [Symbol.dispose](): void {
    const views = this.#lines.flatMap(({ inputs, outputs }) => Object.values({ ...inputs, ...outputs }));
    const tables = [this.#uniform, this.#lastPosition, this.#token, this.#logprob];
    for (const tensor of [...views, ...tables]) tensor.dispose();
  }
}
