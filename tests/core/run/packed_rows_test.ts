import assert from "node:assert/strict";
import { answering, packedBatch, packRows, type WeightedSequence } from "../../../core/run/packed_rows.ts";

/** A sequence of so many tokens, all of which but the first count. */
function sequence(length: number, row = 0): WeightedSequence {
  const ids = Int32Array.from({ length }, (_, s) => 100 * length + s);
  const targets = Int32Array.from({ length: length - 1 }, (_, s) => s + 1);
  return { ids, targets, weights: Float32Array.from(targets, (t) => t / 8), row };
}

const sizes = (lengths: number[], packing = true) =>
  packRows(lengths.map((length) => sequence(length)), packing)
    .map(({ parts }) => parts.map(({ columns }) => columns));

Deno.test("packRows() fills rows up to the longest, each sequence where the least room is left", () => {
  assert.deepEqual(sizes([9, 3, 6, 4, 2]), [[8], [5, 3], [2, 1]]);
  assert.deepEqual(sizes([5, 5, 5]), [[4], [4], [4]]);
  assert.deepEqual(sizes([3, 9, 3], false), [[2], [8], [2]]);
  assert.deepEqual(sizes([]), []);
});

Deno.test("packRows() loses none of many sequences, and no row is longer than the longest", () => {
  const lengths = Array.from({ length: 3000 }, (_, at) => 2 + (at * 7919) % 200);
  const rows = packRows(lengths.map((length, row) => sequence(length, row)), true);
  const found = rows.flatMap(({ parts }) => parts.map(({ row }) => row!)).sort((a, b) => a - b);
  assert.deepEqual(found, lengths.map((_, at) => at));
  for (const { parts, tokens, actions } of rows) {
    const columns = parts.reduce((sum, part) => sum + part.columns, 0);
    assert.deepEqual([tokens, actions], [columns + 1, columns]);
    assert.ok(columns <= 200);
  }
  const cells = lengths.reduce((sum, length) => sum + length - 1, 0);
  assert.ok(rows.length * 200 < 1.05 * cells, `${rows.length} rows for ${cells / 200} full ones`);
});

Deno.test("packedBatch() says where each column's sequence begins, and what each token counts", () => {
  const batch = packedBatch(packRows([sequence(4), sequence(3), sequence(2)], true), 4);
  const numbers = (array: BigInt64Array) => Array.from(array, Number);
  assert.deepEqual([batch.rows, batch.columns, batch.tokens, batch.lengths], [2, 4, 6, [3, 3]]);
  assert.deepEqual(numbers(batch.ids), [400, 401, 402, 0, 300, 301, 200, 0]);
  assert.deepEqual(numbers(batch.starts), [0, 0, 0, 3, 0, 0, 2, 3]);
  assert.deepEqual(numbers(batch.positions), [0, 1, 2, 4, 5, 6]);
  assert.deepEqual(numbers(batch.targets), [401, 402, 403, 301, 302, 201]);
  assert.deepEqual(Array.from(batch.weights, (weight) => 8 * weight), [1, 2, 3, 1, 2, 1]);
});

Deno.test("answering() counts the response, every token alike", () => {
  const { ids, targets, weights } = answering({ prompt_ids: [5, 6], response_ids: [7, 8] });
  assert.deepEqual([[...ids], [...targets], [...weights]], [[5, 6, 7, 8], [2, 3], [1, 1]]);
});
