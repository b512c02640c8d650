/**
 * Sequences as the graphs take them: ids padded on the right (b, s), and the action tokens packed (n), each with
 * the flat index of the column that predicts it. Padding is id 0, seen by nothing.
 */
import type { Sizes } from "../../kernels/graph/cost.ts";

export interface TokenSequence {
  /** int32 (P), P ≥ 1 */
  readonly prompt_ids: ArrayLike<number>;
  /** int32 (n), n ≥ 1 */
  readonly response_ids: ArrayLike<number>;
  /** Its number in the batch of its step, from 0, however that is cut: what its dropout masks are drawn by. */
  readonly row?: number;
  /** What goes into layers above frozen ones, where it is known, by layer: float32 (T·H), T ≥ P + n − 1. */
  readonly hidden?: HiddenStates;
}

export type HiddenStates = ReadonlyMap<number, Float32Array>;

/** What of a row decides the shape of its batch. */
interface RowSize {
  /** The last of them predicts nothing. */
  readonly tokens: number;
  /** Those that are predicted. */
  readonly actions: number;
}

/** Sequences end to end in one row of a batch, each with so many columns (packed_rows.ts). */
export interface SharedRow extends RowSize {
  readonly parts: readonly { readonly columns: number; readonly row?: number }[];
}

/** A row of a batch. */
export type BatchRow = TokenSequence | SharedRow;

export function rowSize(row: BatchRow): RowSize {
  if ("parts" in row) return row;
  const { prompt_ids, response_ids } = row;
  return { tokens: prompt_ids.length + response_ids.length, actions: response_ids.length };
}

/** What a run is given as one: a row, or sequences that belong together, all of one number. */
export type RunRow = BatchRow | { readonly sequences: readonly TokenSequence[] };

export function sequencesOf(row: RunRow): readonly BatchRow[] {
  return "sequences" in row ? row.sequences : [row];
}

export interface TokenBatch {
  rows: number;
  /** Columns: the longest prompt and response, less the last token, which predicts nothing; or as many as are wanted. */
  columns: number;
  /** Action tokens in all. */
  tokens: number;
  /** int64 (rows·columns) */
  ids: BigInt64Array<ArrayBuffer>;
  /** int64 (tokens): flat index of the column whose hidden state predicts the token. */
  positions: BigInt64Array<ArrayBuffer>;
  /** int64 (tokens) */
  targets: BigInt64Array<ArrayBuffer>;
  /** Tokens of each row, in order. */
  lengths: number[];
}

/** The shape of a batch of equal rows. */
export interface BatchShape {
  rows: number;
  /** As `TokenBatch.columns`. */
  columns: number;
  /** Action tokens of a sequence. */
  actions: number;
  /** Sequences of a row, 1 by default. */
  sequences?: number;
  /** Sequences that share the rows, where they do: rows that are full keep more workers busy than so many padded ones. */
  sharing?: number;
}

/** The sizes of the dimensions in the graphs' shapes. */
export function batchSizes({ rows, columns, actions, sequences = 1 }: BatchShape): Sizes {
  return { B: rows * sequences, S: columns, N: rows * sequences * actions, P: rows, context: columns };
}

/** Packs sequences into `least` columns or more. Throws a RangeError for one without prompt or response tokens. */
export function tokenBatch(sequences: readonly TokenSequence[], least = 1): TokenBatch {
  const lengths = sequences.map(({ response_ids }) => response_ids.length);
  sequences.forEach(({ prompt_ids }, row) => {
    if (prompt_ids.length === 0 || lengths[row] === 0) {
      throw new RangeError(
        `Sequence ${row} needs a prompt and a response: it has ${prompt_ids.length} and ${
          lengths[row]
        } tokens`,
      );
    }
  });
  const rows = sequences.length;
  const columns = Math.max(
    least,
    ...sequences.map(({ prompt_ids, response_ids }) => prompt_ids.length + response_ids.length - 1),
  );
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const ids = int64s(rows * columns);
  const positions = int64s(tokens);
  const targets = int64s(tokens);
  let packed = 0;
  sequences.forEach(({ prompt_ids, response_ids }, row) => {
    const start = row * columns;
    for (let s = 0; s < prompt_ids.length; s++) ids.words[2 * (start + s)] = prompt_ids[s]!;
    for (let t = 0; t < response_ids.length; t++) {
      const column = start + prompt_ids.length + t;
      if (t < response_ids.length - 1) ids.words[2 * column] = response_ids[t]!;
      positions.words[2 * packed] = column - 1;
      targets.words[2 * packed] = response_ids[t]!;
      packed++;
    }
  });
  return {
    rows,
    columns,
    tokens,
    ids: ids.array,
    positions: positions.array,
    targets: targets.array,
    lengths,
  };
}

/** An int64 array and its 32-bit words: writing the low word of a small non-negative number makes no BigInt. */
export function int64s(length: number): { array: BigInt64Array<ArrayBuffer>; words: Uint32Array } {
  const array = new BigInt64Array(length);
  return { array, words: new Uint32Array(array.buffer) };
}

/** A packed array (tokens) cut back into rows; each is a copy. */
export function unpack(packed: ArrayLike<number>, lengths: readonly number[]): Float32Array[] {
  let offset = 0;
  return lengths.map((length) => {
    const row = Float32Array.from({ length }, (_, t) => packed[offset + t]!);
    offset += length;
    return row;
  });
}

/** Rows laid end to end, float32 (Σ n). */
export function pack(rows: readonly ArrayLike<number>[]): Float32Array<ArrayBuffer> {
  const packed = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let offset = 0;
  for (const row of rows) {
    packed.set(row as ArrayLike<number>, offset);
    offset += row.length;
  }
  return packed;
}
