import assert from "node:assert/strict";
import { FORWARD_BOUNDS, forwardChunks } from "../../../core/run/forward_chunks.ts";
import { pack, tokenBatch, unpack } from "../../../core/run/token_batch.ts";

Deno.test("tokenBatch() pads right, predicts each action from the column before it and drops the last token", () => {
  const batch = tokenBatch([
    { prompt_ids: [5, 6], response_ids: [7, 8, 9] },
    { prompt_ids: [4], response_ids: [3] },
  ]);
  assert.deepEqual([batch.rows, batch.columns, batch.tokens, batch.lengths], [2, 4, 4, [3, 1]]);
  assert.deepEqual(Array.from(batch.ids, Number), [5, 6, 7, 8, 4, 0, 0, 0]);
  assert.deepEqual(Array.from(batch.positions, Number), [1, 2, 3, 4]);
  assert.deepEqual(Array.from(batch.targets, Number), [7, 8, 9, 3]);
});

Deno.test("tokenBatch() refuses a sequence without prompt or response", () => {
  assert.throws(() => tokenBatch([{ prompt_ids: [], response_ids: [1] }]), RangeError);
  assert.throws(() => tokenBatch([{ prompt_ids: [1], response_ids: [] }]), RangeError);
});

Deno.test("unpack() undoes pack()", () => {
  const rows = [Float32Array.of(1, 2, 3), Float32Array.of(4), Float32Array.of(5, 6)];
  assert.deepEqual(unpack(pack(rows), [3, 1, 2]), rows);
});

Deno.test("forwardChunks() keeps the order, loses nothing and holds the bound unless one row exceeds it", () => {
  const of = (...lengths: number[]) =>
    lengths.map((length) => ({ prompt_ids: [1], response_ids: new Array<number>(length).fill(0) }));
  const bounds = { bytes: 80 * 7, cells: 1e6 }; // ten tokens fit
  const chunks = forwardChunks(of(4, 6, 1, 30, 2, 8, 1), 7, bounds);
  assert.deepEqual(chunks.map((chunk) => chunk.map(({ response_ids }) => response_ids.length)), [
    [4, 6],
    [1],
    [30],
    [2, 8],
    [1],
  ]);
  assert.deepEqual(forwardChunks([], 7, bounds), []);
});

Deno.test("forwardChunks() counts prompts and padding too", () => {
  const of = (...prompts: number[]) =>
    prompts.map((length) => ({ prompt_ids: new Array<number>(length).fill(5), response_ids: [1] }));
  const sizes = (...prompts: number[]) =>
    forwardChunks(of(...prompts), 100, FORWARD_BOUNDS.cpu).map((chunk) => chunk.length);
  assert.deepEqual(sizes(255, 255, 255), [2, 1]);
  assert.deepEqual(sizes(1, 1, 1, 511, 1), [3, 1, 1]);
  assert.deepEqual(sizes(9999, 9999), [1, 1]);
  assert.deepEqual(sizes(...new Array<number>(9).fill(127)), [4, 4, 1]);
});

Deno.test("tokenBatch() pads to as many columns as are wanted", () => {
  const sequences = [{ prompt_ids: [5, 6], response_ids: [7] }, { prompt_ids: [8], response_ids: [9, 10] }];
  const [plain, wide] = [tokenBatch(sequences), tokenBatch(sequences, 4)];
  assert.deepEqual([plain.columns, wide.columns, tokenBatch(sequences, 1).columns], [2, 4, 2]);
  assert.deepEqual([...wide.ids], [5n, 6n, 0n, 0n, 8n, 9n, 0n, 0n]);
  assert.deepEqual([...wide.positions], [1n, 4n, 5n]);
  assert.deepEqual(wide.targets, plain.targets);
});
