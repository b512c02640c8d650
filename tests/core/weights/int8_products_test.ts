/**
 * 8-bit products against integer arithmetic, at the codes' ends, on the kernels of whatever machine runs this. What a CPU
 * without VNNI makes of uint8 by int8 is wrong, so there the probe must say so; everywhere it must choose what is right.
 */
import assert from "node:assert/strict";
import { Runtime } from "../../../core/ort/runtime.ts";
import { heldHere, int8Dtype, wrongSums } from "../../../core/weights/int8_products.ts";
import { MAX_INT8_TERMS } from "../../../kernels/ops/quantization.ts";
import { runtime } from "../networks/tiny_models.ts";

const ROWS = [1, 2, 7, 8, 32, 256];
const SIZES = [
  { K: 1, N: 1 },
  { K: 2, N: 17 },
  { K: 63, N: 5 },
  { K: 64, N: 64 },
  { K: 576, N: 576 },
  { K: 1025, N: 31 },
];

const chosen = await int8Dtype(runtime);

for (const { K, N } of SIZES) {
  for (const dtype of new Set([chosen, "uint8"] as const)) {
    Deno.test(`[${ROWS}] rows by [${K},${N}] held as ${dtype} are exact`, async () => {
      assert.equal(await wrongSums(runtime, dtype, { K, N, rows: ROWS }), 0);
    });
  }
}

Deno.test("As many terms as may be summed up are summed up exactly, at the codes' ends", async () => {
  for (const dtype of new Set([chosen, "uint8"] as const)) {
    assert.equal(await wrongSums(runtime, dtype, { K: MAX_INT8_TERMS, N: 2, rows: [1, 2, 9] }), 0);
  }
});

Deno.test("More than 32 bits can hold are wrong, and told", async () => {
  for (const dtype of ["int8", "uint8"] as const) {
    assert.notEqual(await wrongSums(runtime, dtype, { K: 140_000, N: 2, rows: [1, 2] }), 0);
  }
});

Deno.test("Weights are held as int8 where that is exact, and as uint8 elsewhere", async () => {
  using here = Runtime.open({ threads: 1 });
  const wrong = await wrongSums(here, "int8", { K: 130, N: 65, rows: ROWS });
  assert.equal(await int8Dtype(here), wrong === 0 ? "int8" : "uint8");
});

Deno.test("A runtime that is told that uint8 by int8 saturates holds weights as uint8", async () => {
  using saturating = Runtime.open({ threads: 1, inexactInt8: ["int8"] });
  assert.equal(await int8Dtype(saturating), "uint8");
  assert.equal(await heldHere(saturating, "int8"), "uint8");
  assert.equal(await heldHere(saturating, "float32"), "float32");
});
