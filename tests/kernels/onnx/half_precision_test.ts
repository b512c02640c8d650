import assert from "node:assert/strict";
import { fromHalf, toHalf } from "../../../kernels/onnx/half_precision.ts";

Deno.test("toHalf() rounds to nearest, ties to even, and keeps what is not finite", () => {
  const values = Float32Array.of(1, -2, 0, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1e30, Infinity, -Infinity, NaN);
  const back = fromHalf(toHalf(values, "bfloat16"), "bfloat16");
  assert.deepEqual([...back.subarray(0, 5)], [1, -2, 0, 1, 1 + 2 ** -6]);
  assert.ok(Math.abs(back[5]! / 1e30 - 1) < 2 ** -8);
  assert.deepEqual([...back.subarray(6)], [Infinity, -Infinity, NaN]);
  const small = fromHalf(toHalf(Float32Array.of(1 + 2 ** -11, 65504, 1e30, NaN), "float16"), "float16");
  assert.deepEqual([...small], [1, 65504, Infinity, NaN]);
});

Deno.test("fromHalf() is exact: every 16-bit number comes back as it was", () => {
  for (const dtype of ["bfloat16", "float16"] as const) {
    const all = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);
    const wide = fromHalf(all, dtype);
    toHalf(wide, dtype).forEach((bits, at) => {
      if (!Number.isNaN(wide[at])) assert.equal(bits, at);
    });
  }
});
