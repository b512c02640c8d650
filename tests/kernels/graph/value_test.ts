/** Arithmetic of symbolic dimensions. */
import assert from "node:assert/strict";
import { broadcastShape, dimFactors, dimProduct, normalizeAxis } from "../../../kernels/graph/value.ts";

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
