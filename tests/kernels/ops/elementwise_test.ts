/** Elementwise ops at the points the samples of the table do not reach: golden activations, ties and exact bounds. */
import assert from "node:assert/strict";
import { gradients } from "../../../kernels/graph/gradient.ts";
import { vector } from "../run_artifact.ts";
import { runGraph } from "../run_graph.ts";
import { within } from "../within.ts";

Deno.test("gelu() is the golden tanh form", async () => {
  const { y } = await runGraph({ x: vector([-1, 0.5, 2]) }, (g, { x }) => ({ y: g.gelu(x) }));
  within(y!.data, [-0.15880801, 0.34571401, 1.95459769], 1e-6, "gelu");
});

Deno.test("gelu()'s gradient is that of ½x(1 + tanh u), finite far out on both sides", async () => {
  const x = [-1000, -6, -2.5, -0.7, 0, 0.3, 1.9, 5, 1000];
  const { dx } = await runGraph({ x: vector(x) }, (g, { x }) => ({
    dx: gradients(g, g.reduceSum(g.gelu(x), [0], false), [x])[0]!,
  }));
  const root = Math.sqrt(2 / Math.PI);
  const slope = (value: number) => {
    const t = Math.tanh(root * (value + 0.044715 * value ** 3));
    return (1 + t) / 2 + value / 2 * (1 - t * t) * root * (1 + 3 * 0.044715 * value * value);
  };
  within(dx!.data, x.map(slope), 1e-5, "slope");
});

Deno.test("silu() is x·σ(x), finite far out on both sides, and so is its gradient", async () => {
  const x = [-100, -1, 0, 1, 100];
  const { y, dx } = await runGraph({ x: vector(x) }, (g, { x }) => {
    const y = g.silu(x);
    return { y, dx: gradients(g, g.reduceSum(y, [0], false), [x])[0]! };
  });
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  within(y!.data, x.map((value) => value * sigmoid(value)), 1e-6, "silu");
  const slope = (value: number) => sigmoid(value) * (1 + value * (1 - sigmoid(value)));
  within(dx!.data, x.map(slope), 1e-6, "slope");
});

for (const name of ["min", "max"] as const) {
  Deno.test(`${name}() sends the gradient of a tie to its first operand, once`, async () => {
    const inputs = { a: vector([1, 2, 3]), b: vector([2, 2, 2]) };
    const { da, db } = await runGraph(inputs, (g, { a, b }) => {
      const [da, db] = gradients(g, g.reduceSum(g[name](a, b), [0], false), [a, b]);
      return { da: da!, db: db! };
    });
    assert.deepEqual(da!.data, name === "min" ? [1, 1, 0] : [0, 1, 1]);
    assert.deepEqual(db!.data, name === "min" ? [0, 0, 1] : [1, 0, 0]);
  });
}

Deno.test("clip() passes the gradient inside and at its bounds, exactly 0 outside", async () => {
  const { dx } = await runGraph({ x: vector([-2, -1, 0, 1, 2]) }, (g, { x }) => ({
    dx: gradients(g, g.reduceSum(g.clip(x, -1, 1), [0], false), [x])[0]!,
  }));
  assert.deepEqual(dx!.data, [0, 1, 1, 1, 0]);
});

Deno.test("where() takes nothing from the branch it did not choose, not even NaN", async () => {
  const inputs = { on: vector([1, 0]), a: vector([5, NaN]), b: vector([NaN, 7]) };
  const { y, da, db } = await runGraph(inputs, (g, { on, a, b }) => {
    const y = g.where(g.greater(on, 0), a, b);
    const [da, db] = gradients(g, g.reduceSum(y, [0], false), [a, b]);
    return { y, da: da!, db: db! };
  });
  assert.deepEqual([y!.data, da!.data, db!.data], [[5, 7], [1, 0], [0, 1]]);
});
