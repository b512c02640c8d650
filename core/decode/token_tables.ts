/**
 * What changes from token to token of a decode, in tables with a line a token, where the runs are. The host fills and
 * reads lines of several tokens at once, a sync interval; in between each run is bound to the next line and nothing is copied. What
 * one run samples is what the next one reads.
 */
import type { Binding } from "../ort/binding.ts";
import type { Runtime } from "../ort/runtime.ts";
import { Tensor } from "../ort/tensor.ts";
import { int64s } from "../run/token_batch.ts";
import { type TopTokens, topTokens } from "../run/top_tokens.ts";

/** Lines begin at multiples of so many numbers, as memory of a tensor's own would: kernels may load several at once. */
const ALIGNMENT = 64;

/** What the host fills the lines of a sync interval with, by row or place in the cache, and token of it. */
export interface LineNumbers {
  uniform(row: number, token: number): number;
  lastPosition(place: number, token: number): number;
}

/** The lines of a sync interval, filled. */
export interface TableInterval {
  /** Binds the run of token `at`; they are run in order. */
  bind(at: number): void;
  /** Gives `each` what all runs sampled, token by token, and ends the interval. */
  take(each: (row: number, token: number, logprob: number, top?: TopTokens) => void): void;
}

export class TokenTables {
  /** Tokens of the longest sync interval: lines of a table. */
  readonly tokens: number;
  readonly #rows: number;
  readonly #places: number;
  /** Numbers of a line; the first so many as there are rows are used. */
  readonly #width: number;
  readonly #binding: Binding;
  readonly #uniform: Tensor<"float32">;
  readonly #lastPosition: Tensor<"int32">;
  readonly #token: Tensor<"int64">;
  readonly #logprob: Tensor<"float32">;
  /** The most likely tokens, where the graph gives them: so many numbers a row. */
  readonly #top: { table: Tensor<"float32">; width: number } | null;
  /** A line's inputs and outputs, by the names that they are bound to. */
  readonly #lines: { inputs: Record<string, Tensor>; outputs: Record<string, Tensor> }[];
  /** The line of a sync interval's first token: sync intervals that end early go on from there. */
  #first = 0;
  #bound: number | undefined;

  /**
   * Tables of so many tokens, of which `binding` has the first one's lines.
   *
   * @param places rows of the cache, of which several rows may go on from one where the run reads prompts
   * @param topWidth numbers of a row's most likely tokens; 0 where the graph does not give them
   * @param newest each row's newest token, which the first run reads; null where it reads prompts instead
   */
  constructor(
    runtime: Runtime,
    binding: Binding,
    { rows, places, tokens, newest, topWidth = 0 }: {
      rows: number;
      places: number;
      tokens: number;
      topWidth?: number;
      newest: readonly number[] | null;
    },
  ) {
    this.#binding = binding;
    this.tokens = tokens;
    this.#rows = rows;
    this.#places = places;
    this.#width = Math.ceil(rows / ALIGNMENT) * ALIGNMENT;
    const shape = [tokens, this.#width];
    this.#uniform = Tensor.zerosOnDevice(runtime, "float32", shape);
    this.#lastPosition = Tensor.zerosOnDevice(runtime, "int32", shape);
    this.#token = Tensor.zerosOnDevice(runtime, "int64", shape);
    this.#logprob = Tensor.zerosOnDevice(runtime, "float32", shape);
    this.#top = topWidth > 0
      ? { table: Tensor.zerosOnDevice(runtime, "float32", [tokens, this.#width * topWidth]), width: topWidth }
      : null;
    this.#lines = Array.from({ length: tokens }, (_, line) => {
      const start = line * this.#width;
      const before = (line + tokens - 1) % tokens * this.#width;
      return {
        inputs: {
          ids: this.#token.view([rows, 1], before),
          uniform: this.#uniform.view([rows], start),
          last_position: this.#lastPosition.view([places], start),
        },
        outputs: {
          token: this.#token.view([rows], start),
          logprob: this.#logprob.view([rows], start),
          ...(this.#top && { top: this.#top.table.view([rows, topWidth], start * topWidth) }),
        },
      };
    });
    this.#bind(0);
    if (!newest) return;
    const ids = int64s(rows);
    newest.forEach((token, row) => ids.words[2 * row] = token);
    this.#token.write(ids.array, this.#start(tokens - 1));
  }

  /** Fills the lines of the next `tokens` tokens. The interval before has to have been taken. */
  interval(tokens: number, numbers: LineNumbers): TableInterval {
    const uniform = new Float32Array(this.tokens * this.#width);
    const lastPosition = new Int32Array(uniform.length);
    for (let token = 0; token < tokens; token++) {
      const start = this.#start(token);
      for (let row = 0; row < this.#rows; row++) uniform[start + row] = numbers.uniform(row, token);
      for (let at = 0; at < this.#places; at++) lastPosition[start + at] = numbers.lastPosition(at, token);
    }
    this.#uniform.write(uniform);
    this.#lastPosition.write(lastPosition);
    return {
      bind: (at) => this.#bind((this.#first + at) % this.tokens),
      take: (each) => {
        const sampled = this.#token.read();
        // Tokens as pairs of words, low word first.
        const words = new Uint32Array(sampled.buffer, sampled.byteOffset, 2 * sampled.length);
        const logprobs = this.#logprob.read();
        const top = this.#top && { all: this.#top.table.read(), width: this.#top.width };
        for (let at = 0; at < tokens; at++) {
          const start = this.#start(at);
          for (let row = 0; row < this.#rows; row++) {
            const place = start + row;
            const likely = top ? topTokens(top.all, place * top.width, top.width) : undefined;
            each(row, words[2 * place]!, logprobs[place]!, likely);
          }
        }
        this.#first = (this.#first + tokens) % this.tokens;
      },
    };
  }

  /** Where the line of token `at` of the sync interval begins. */
  #start(at: number): number {
    return (this.#first + at) % this.tokens * this.#width;
  }

  #bind(line: number): void {
    if (this.#bound === line) return;
    const { inputs, outputs } = this.#lines[line]!;
    for (const [name, tensor] of Object.entries(inputs)) this.#binding.input(name, tensor);
    for (const [name, tensor] of Object.entries(outputs)) this.#binding.output(name, tensor);
    this.#bound = line;
  }

  [Symbol.dispose](): void {
    const views = this.#lines.flatMap(({ inputs, outputs }) => Object.values({ ...inputs, ...outputs }));
    const tables = [this.#uniform, this.#lastPosition, this.#token, this.#logprob, this.#top?.table];
    for (const tensor of [...views, ...tables]) tensor?.dispose();
  }
}
