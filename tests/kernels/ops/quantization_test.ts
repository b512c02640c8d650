/** Products with 8-bit weights in graphs of few rows, whose rows are measured by fewer nodes. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { int8Matmul } from "../../../kernels/ops/quantization.ts";
import { uniform } from "../../../core/rng.ts";
import { runArtifact } from "../run_artifact.ts";

const [K, N] = [24, 5];
const draw = (row: number, scale: number) =>
  Array.from({ length: K }, (_, i) => Math.fround(scale * (2 * uniform(3, "data", 0, row, i) - 1)));
const ZEROS = new Array<number>(K).fill(0);
const ROWS = [draw(0, 1), draw(1, 1e-20), ZEROS, draw(2, 1e20), draw(3, 1).map((x) => -Math.abs(x))];
const CODES = Array.from({ length: K * N }, (_, i) => Math.round(254 * uniform(4, "data", 0, 0, i)) - 127);

for (const held of ["int8", "uint8"] as const) {
  Deno.test(`rows of few have the same products of ${held} codes, and rows of zeros give zeros`, async () => {
    const products = await Promise.all([false, true].map(async (fewRows) => {
      const g = new Builder("product", { fewRows });
      const [x, codes] = [g.input("x", "float32", ["M", K]), g.input("codes", held, [K, N])];
      const y = int8Matmul(g, x, codes, g.input("scale", "float32", [N]));
      const { y: product } = await runArtifact(g.finish({ y }), {
        x: { dims: [ROWS.length, K], data: ROWS.flat() },
        codes: { dims: [K, N], data: held === "int8" ? CODES : CODES.map((code) => code + 128) },
        scale: { dims: [N], data: [1, 0.5, 2, 0.25, 3] },
      });
      return product!.data;
    }));
    const [many, few] = products as [number[], number[]];
    for (const [at, value] of many.entries()) {
      assert.ok(Number.isFinite(value));
      assert.ok(few[at] === value, `${few[at]} instead of ${value} at ${at}`); // 0 and −0 are the same
    }
    const zeros = ROWS.indexOf(ZEROS) * N;
    assert.ok(few.slice(zeros, zeros + N).every((value) => value === 0));
    assert.ok(few.filter((value) => value === 0).length < 2 * N);
  });
}
