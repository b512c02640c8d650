/** The gradient's norm: extreme vectors, and what is not finite. */
import assert from "node:assert/strict";
import { gradientNorm } from "../../../kernels/optimizers/gradient_norm.ts";
import { vector } from "../run_artifact.ts";
import { runGraph } from "../run_graph.ts";
import { within } from "../within.ts";

async function norm(values: ArrayLike<number>): Promise<number> {
  const { y } = await runGraph({ x: vector(values) }, (g, { x }) => ({ y: gradientNorm(g, x) }));
  return y!.data[0]!;
}

Deno.test("gradientNorm() neither overflows nor vanishes", async () => {
  within([await norm([3e30, -4e30]) / 5e30], [1], 1e-6, "huge");
  within([await norm([3e-30, 4e-30]) / 5e-30], [1], 1e-6, "tiny");
  within([await norm([1e38, 0, 1e-38]) / 1e38], [1], 1e-6, "both");
  assert.equal(await norm([0, 0, 0]), 0);
  assert.equal(await norm([-7]), 7);
});

Deno.test("gradientNorm() of a vector with NaN or an infinity is not finite, wherever it sits", async () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    for (const at of [0, 1, 50, 99]) {
      const values = Array.from({ length: 100 }, (_, i) => i === at ? bad : 1);
      assert.ok(!Number.isFinite(await norm(values)), `${bad} at ${at}`);
    }
  }
});

Deno.test("gradientNorm() agrees with a sum in double, however long the vector", async () => {
  for (const size of [1, 1023, 1024, 1025, 3e6]) {
    const values = Float32Array.from({ length: size }, (_, i) => Math.cos(i * 1.7) * (1 + i % 13));
    const expected = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    within([await norm(values) / expected], [1], 1e-6, `norm of ${size}`);
  }
});
