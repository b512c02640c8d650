import assert from "node:assert/strict";
import { heldOutSchema } from "../../../core/contract/held_out.ts";
import { heldOutSplit } from "../../../core/train/held_out.ts";

Deno.test("every row is on one side, each side in ascending order, and the size is met", () => {
  for (
    const [rows, size, count] of [[100, 0.05, 5], [100, 7, 7], [3, 0.5, 2], [1000, 0.1234, 123]] as const
  ) {
    const { train, held_out } = heldOutSplit(rows, size, 3);
    assert.equal(held_out.length, count);
    for (const side of [train, held_out]) assert.deepEqual(side, side.toSorted((a, b) => a - b));
    const all = [...train, ...held_out].sort((a, b) => a - b);
    assert.deepEqual(all, Array.from({ length: rows }, (_, row) => row));
  }
});

Deno.test("both sides have a row where there are two, whatever the size", () => {
  for (const size of [0.001, 0.999, 1, 500]) {
    const { train, held_out } = heldOutSplit(2, size, 0);
    assert.deepEqual([train.length, held_out.length], [1, 1]);
  }
  assert.deepEqual(heldOutSplit(1, 0.5, 0), { train: [0], held_out: [] });
  assert.deepEqual(heldOutSplit(0, 0.5, 0), { train: [], held_out: [] });
  assert.deepEqual(heldOutSplit(3, 0, 0), { train: [0, 1, 2], held_out: [] });
});

Deno.test("the seed alone chooses: the same rows each time, other rows by another seed", () => {
  assert.deepEqual(heldOutSplit(20, 4, 0).held_out, [1, 9, 10, 17]);
  assert.deepEqual(heldOutSplit(50, 0.2, 9), heldOutSplit(50, 10, 9));
  assert.notDeepEqual(heldOutSplit(50, 10, 9), heldOutSplit(50, 10, 10));
});

Deno.test("a larger held-out part has all rows of a smaller one", () => {
  const [few, many] = [heldOutSplit(40, 5, 1).held_out, heldOutSplit(40, 15, 1).held_out];
  assert.ok(few.every((row) => many.includes(row)));
});

Deno.test("a size that is neither a share nor a number of rows is refused", () => {
  for (const size of [-1, 1.5, NaN]) {
    assert.throws(() => heldOutSplit(10, size, 0), RangeError);
    assert.equal(heldOutSchema.safeParse(size).success, false);
  }
  for (const size of [0, 0.1, 1, 20]) assert.equal(heldOutSchema.safeParse(size).success, true);
});

Deno.test("the last rows are held out where it is said so, whatever the seed", () => {
  assert.deepEqual(heldOutSplit(6, 2, 5, "last"), { train: [0, 1, 2, 3], held_out: [4, 5] });
  assert.deepEqual(heldOutSplit(6, 0.5, 1, "last").held_out, [3, 4, 5]);
  assert.deepEqual(heldOutSplit(6, 0, 1, "last").held_out, []);
});
