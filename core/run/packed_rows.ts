/**
 * Sequences of which some tokens are trained on, laid end to end in as few rows as they fit: the graphs then compute less
 * padding. Each is computed as if it had a row of its own (`packed` of kernels/artifacts.ts), so that layout changes
 * results by rounding alone.
 */
import { int64s, type SharedRow, type TokenBatch, type TokenSequence } from "./token_batch.ts";

/** A sequence whose tokens count as they are weighed; it ends with the last that counts. */
export interface WeightedSequence {
  /** int32 (T) */
  readonly ids: Int32Array;
  /** int32 (n): which of `ids` are predicted, from 1 on and ascending. */
  readonly targets: Int32Array;
  /** float32 (n): above 0. */
  readonly weights: Float32Array;
  /** Its number in the batch of its step, from 0: what its dropout masks are drawn by. */
  readonly row?: number;
}

/** A sequence of which all that answers counts, every token alike. */
export function answering({ prompt_ids, response_ids }: TokenSequence): WeightedSequence {
  const ids = [...Array.from(prompt_ids), ...Array.from(response_ids)];
  return {
    ids: Int32Array.from(ids),
    targets: Int32Array.from({ length: response_ids.length }, (_, t) => prompt_ids.length + t),
    weights: new Float32Array(response_ids.length).fill(1),
  };
}

/** A sequence in a row; its last token predicts nothing and has no column. */
interface Part extends WeightedSequence {
  readonly columns: number;
}

export interface PackedRow extends SharedRow {
  readonly parts: readonly Part[];
}

function rowOf(parts: readonly Part[]): PackedRow {
  return {
    parts,
    tokens: parts.reduce((sum, { columns }) => sum + columns, 1),
    actions: parts.reduce((sum, { targets }) => sum + targets.length, 0),
  };
}

/**
 * The sequences in rows: several in each, up to the length of the longest, where they are packed; else one in each. Longest
 * first, each goes where the least room is left behind it.
 */
export function packRows(sequences: readonly WeightedSequence[], packing: boolean): PackedRow[] {
  const parts = sequences.map((sequence): Part => ({ ...sequence, columns: sequence.ids.length - 1 }));
  if (!packing) return parts.map((part) => rowOf([part]));
  const longestFirst = parts.toSorted((a, b) => b.columns - a.columns);
  const room = longestFirst[0]?.columns ?? 0;
  const rows: Part[][] = [];
  /** Rows by the columns that are left in them. */
  const left: Part[][][] = Array.from({ length: room + 1 }, () => []);
  for (const part of longestFirst) {
    let free = part.columns;
    while (free < room && left[free]!.length === 0) free++;
    let row = left[free]!.pop();
    if (!row) rows.push(row = []);
    row.push(part);
    left[free - part.columns]!.push(row);
  }
  return rows.map(rowOf);
}

export interface PackedBatch extends TokenBatch {
  /** int64 (rows·columns): the first column of the sequence that a column is of; padding is a sequence by itself. */
  starts: BigInt64Array<ArrayBuffer>;
  /** float32 (tokens) */
  weights: Float32Array<ArrayBuffer>;
}

/** Rows as the graphs take them, in `least` columns or more. */
export function packedBatch(rows: readonly PackedRow[], least = 1): PackedBatch {
  const columns = rows.reduce((most, { tokens }) => Math.max(most, tokens - 1), least);
  const tokens = rows.reduce((sum, { actions }) => sum + actions, 0);
  const [ids, starts] = [int64s(rows.length * columns), int64s(rows.length * columns)];
  const [positions, targets] = [int64s(tokens), int64s(tokens)];
  const weights = new Float32Array(tokens);
  let packed = 0;
  rows.forEach(({ parts }, row) => {
    let column = 0;
    for (const part of parts) {
      const start = column;
      for (let s = 0; s < part.columns; s++, column++) {
        ids.words[2 * (row * columns + column)] = part.ids[s]!;
        starts.words[2 * (row * columns + column)] = start;
      }
      part.targets.forEach((target, n) => {
        positions.words[2 * packed] = row * columns + start + target - 1;
        targets.words[2 * packed] = part.ids[target]!;
        weights[packed++] = part.weights[n]!;
      });
    }
    for (; column < columns; column++) starts.words[2 * (row * columns + column)] = column;
  });
  return {
    rows: rows.length,
    columns,
    tokens,
    ids: ids.array,
    positions: positions.array,
    targets: targets.array,
    lengths: rows.map(({ actions }) => actions),
    starts: starts.array,
    weights,
  };
}
