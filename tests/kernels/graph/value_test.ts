/** Arithmetic of symbolic dimensions. */
import assert from "node:assert/strict";
import {
  broadcastShape,
  dimFactors,
  dimPart,
  dimProduct,
  normalizeAxis,
  partOf,
} from "../../../kernels/graph/value.ts";

Deno.test("dimProduct() gives equal products the same spelling", () => {
  assert.equal(dimProduct([2, 3]), 6);
  assert.equal(dimProduct([]), 1);
  assert.equal(dimProduct(["B"]), "B");
  assert.equal(dimProduct([1, "B", 1]), "B");
  assert.equal(dimProduct(["S", "B"]), "B*S");
  assert.equal(dimProduct(["S", 2, "B", 3]), "6*B*S");
  assert.equal(dimProduct(["2*B*S", 3, "B"]), "6*B*B*S");
  assert.equal(dimProduct(["B", 0]), 0);
});

Deno.test("dimFactors() splits number and symbols", () => {
  assert.deepEqual(dimFactors("6*B*S"), { number: 6, symbols: ["B", "S"] });
  assert.deepEqual(dimFactors(4), { number: 4, symbols: [] });
});

Deno.test("broadcastShape() follows NumPy, with symbols equal only to themselves", () => {
  assert.deepEqual(broadcastShape(["B", 1, 3], ["S", 1]), ["B", "S", 3]);
  assert.deepEqual(broadcastShape([], ["N"]), ["N"]);
  assert.deepEqual(broadcastShape([1], [0]), [0]);
  assert.throws(() => broadcastShape(["B"], ["S"]), { name: "RangeError", message: /axis 0 is B and S/ });
  assert.throws(() => broadcastShape([2, 3], [2]), RangeError);
});

Deno.test("normalizeAxis() counts from the end and refuses an axis outside", () => {
  assert.equal(normalizeAxis(-1, 3), 2);
  assert.equal(normalizeAxis(0, 3), 0);
  for (const axis of [3, -4]) assert.throws(() => normalizeAxis(axis, 3), RangeError);
});

Deno.test("dimPart() cuts a size into parts that differ by one at most, and names those of a symbol", () => {
  const sizes = (size: number, of: number) =>
    Array.from({ length: of }, (_, part) => Number(dimPart(size, part, part + 1, of)));
  assert.deepEqual(sizes(7, 3), [2, 2, 3]);
  assert.deepEqual(sizes(8, 4), [2, 2, 2, 2]);
  assert.deepEqual(sizes(2, 3), [0, 1, 1]);
  assert.equal(dimPart("S", 1, 3, 4), "S[1:3/4]");
  assert.equal(dimPart("S", 0, 4, 4), "S");
  assert.equal(dimPart("S", 2, 2, 4), 0);
  assert.deepEqual(partOf("S[1:3/4]"), { symbol: "S", from: 1, to: 3, of: 4 });
  assert.equal(partOf("N+1"), null);
  assert.equal(dimProduct([3, "S[0:1/4]"]), "3*S[0:1/4]");
  assert.throws(() => dimPart("B*S", 0, 1, 2), { name: "RangeError", message: /Only a symbol has parts/ });
});
