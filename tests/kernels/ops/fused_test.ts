/** The composites against golden numbers of ppo-spec §19 and against the plain ops they stand for. */
import assert from "node:assert/strict";
import type { Builder } from "../../../kernels/graph/builder.ts";
import { mergedWeight } from "../../../kernels/ops/lora.ts";
import { gradients } from "../../../kernels/graph/gradient.ts";
import type { Value } from "../../../kernels/graph/value.ts";
import { uniform } from "../../../core/rng.ts";
import { scalar, vector } from "../run_artifact.ts";
import { identity, matrix, runGraph } from "../run_graph.ts";
import { within } from "../within.ts";

const GOLDEN = {
  z: [2, 1, 0.5, 0, -1],
  temperature: 0.7,
  target: 1,
  logprob: -1.78496296,
  entropy: 0.92833999,
  dLogprob: [-1.00028345, 1.18885246, -0.11735242, -0.0574489, -0.01376769],
  dEntropy: [-0.57211058, 0.20534877, 0.18434994, 0.1312819, 0.05112997],
};

function draw(row: number, size: number, scale: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.fround(scale * (2 * uniform(5, "data", 0, row, i) - 1)));
}

/** Log-probability and entropy of rows of logits (W is the identity), with their gradients. */
function selected(logits: number[][], targets: number[], inverseTemperature: number) {
  const inputs = {
    h: matrix(logits),
    w: identity(logits[0]!.length),
    targets: vector(targets),
    t: scalar(inverseTemperature),
  };
  return runGraph(
    inputs,
    (g, { h, w, targets, t }) => {
      const [logprob, entropy] = g.op("SelectedLogprobs", [h, w, targets, t], {}) as [Value, Value];
      const [dLogprob] = gradients(g, g.reduceSum(logprob, [0], false), [h]);
      const [dEntropy] = gradients(g, g.reduceSum(entropy, [0], false), [h]);
      return { logprob, entropy, dLogprob: dLogprob!, dEntropy: dEntropy! };
    },
    {},
    { targets: "int64" },
  );
}

Deno.test("SelectedLogprobs gives the golden log-probability, entropy and gradients", async () => {
  const { logprob, entropy, dLogprob, dEntropy } = await selected(
    [GOLDEN.z],
    [GOLDEN.target],
    1 / GOLDEN.temperature,
  );
  within(logprob!.data, [GOLDEN.logprob], 1e-6, "logprob");
  within(entropy!.data, [GOLDEN.entropy], 1e-6, "entropy");
  within(dLogprob!.data, GOLDEN.dLogprob, 1e-6, "gradient of the logprob");
  within(dEntropy!.data, GOLDEN.dEntropy, 1e-6, "gradient of the entropy");
});

Deno.test("SelectedLogprobs is exact where the probability underflows", async () => {
  const logits = [[0, 130, -120, 5], [1000, 0, 0, 0], [-300, -300, 0, -300]];
  const { logprob, entropy, dLogprob, dEntropy } = await selected(logits, [2, 1, 0], 1);
  assert.deepEqual(logprob!.data, [-250, -1000, -300]);
  within(entropy!.data, [0, 0, 0], 1e-6, "entropy");
  within(dLogprob!.data, [0, -1, 1, 0, -1, 1, 0, 0, 1, 0, -1, 0], 1e-6, "gradient");
  assert.ok(dEntropy!.data.every(Number.isFinite));
});

Deno.test("SelectedLogprobs agrees with LogSoftmax and GatherElements, values and gradients", async () => {
  const [N, H, V] = [6, 8, 40];
  const inputs = {
    h: { dims: [N, H], data: draw(0, N * H, 2) },
    w: { dims: [V, H], data: draw(1, V * H, 2) },
    targets: vector([3, 39, 0, 3, 17, 3]),
    t: scalar(1 / 0.7),
    a: vector(draw(2, N, 1)),
    b: vector(draw(3, N, 1)),
  };
  type Inputs = Record<keyof typeof inputs, Value>;
  const fused = (g: Builder, { h, w, targets, t }: Inputs) =>
    g.op("SelectedLogprobs", [h, w, targets, t], {}) as [Value, Value];
  const plain = (g: Builder, { h, w, targets, t }: Inputs): [Value, Value] => {
    const all = g.logSoftmax(g.mul(g.matmul(h, w, { transB: true }), t));
    const picked = g.gatherElements(all, g.reshape(targets, [N, 1]), 1);
    return [g.reshape(picked, [N]), g.neg(g.reduceSum(g.mul(g.exp(all), all), [-1], false))];
  };
  const [ours, theirs] = await Promise.all([fused, plain].map((form) =>
    runGraph(
      inputs,
      (g, values) => {
        const [logprob, entropy] = form(g, values);
        const both = g.add(g.mul(logprob, values.a), g.mul(entropy, values.b));
        const [dh, dw] = gradients(g, g.reduceSum(both, [0], false), [values.h, values.w]);
        return { logprob, entropy, dh: dh!, dw: dw! };
      },
      {},
      { targets: "int64" },
    )
  ));
  for (const name of ["logprob", "entropy", "dh", "dw"]) {
    within(ours![name]!.data, theirs![name]!.data, 1e-5, name);
  }
});

Deno.test("SelectedLogprobs of a uniform row has entropy log V and of a tied row the same for every tie", async () => {
  const { logprob, entropy } = await selected([[3, 3, 3, 3], [3, 3, 3, 3]], [0, 3], 2);
  within(entropy!.data, [Math.log(4), Math.log(4)], 1e-6, "entropy");
  within(logprob!.data, [-Math.log(4), -Math.log(4)], 1e-6, "logprob");
});

const LORA = { x: matrix([[1, 2]]), w: matrix([[1, 2], [3, 4]]), a: matrix([[0.5, -0.5]]) };

/** W merged with the adapter, and the op's output of it. */
function merging(g: Builder, [x, w, a, b, s]: [Value, Value, Value, Value, Value], fanInFanOut: boolean) {
  const merged = mergedWeight(g, w, g.mul(b, s), a, fanInFanOut);
  return { y: g.op("LoraLinears", [x, merged, a, b, s], { fanInFanOut })[0]!, merged };
}

Deno.test("LoraLinears gives the golden output and merged weight", async () => {
  const inputs = { ...LORA, b: matrix([[1], [2]]), s: scalar(2) };
  const { y, merged } = await runGraph(
    inputs,
    (g, { x, w, a, b, s }) => merging(g, [x, w, a, b, s], false),
  );
  assert.deepEqual(y!.data, [4, 9]);
  assert.deepEqual(merged!.data, [2, 1, 5, 2]);
});

Deno.test("LoraLinears with fanInFanOut gives the same output of the weight on its side, and merges it there", async () => {
  const inputs = { ...LORA, w: matrix([[1, 3], [2, 4]]), b: matrix([[1], [2]]), s: scalar(2) };
  const { y, merged } = await runGraph(
    inputs,
    (g, { x, w, a, b, s }) => merging(g, [x, w, a, b, s], true),
  );
  assert.deepEqual(y!.data, [4, 9]);
  assert.deepEqual(merged!.data, [2, 5, 1, 2]);
});

Deno.test("LoraLinears agrees with x·Wᵀ + s·(x·Aᵀ)·Bᵀ, values and gradients", async () => {
  const [M, I, O, R] = [5, 7, 6, 3];
  const inputs = {
    x: { dims: [M, I], data: draw(0, M * I, 1) },
    w: { dims: [O, I], data: draw(1, O * I, 1) },
    a: { dims: [R, I], data: draw(2, R * I, 1) },
    b: { dims: [O, R], data: draw(3, O * R, 1) },
    s: scalar(1.7),
    v: { dims: [M, O], data: draw(4, M * O, 1) },
  };
  type Inputs = Record<keyof typeof inputs, Value>;
  const forms = [
    (g: Builder, { x, w, a, b, s }: Inputs) => merging(g, [x, w, a, b, s], false).y,
    (g: Builder, { x, w, a, b, s }: Inputs) => merging(g, [x, g.transpose(w, [1, 0]), a, b, s], true).y,
    (g: Builder, { x, w, a, b, s }: Inputs) => {
      const down = g.matmul(x, a, { transB: true });
      return g.add(g.matmul(x, w, { transB: true }), g.mul(g.matmul(down, b, { transB: true }), s));
    },
  ];
  const [merged, turned, apart] = await Promise.all(forms.map((form) =>
    runGraph(inputs, (g, values) => {
      const y = form(g, values);
      const loss = g.reduceSum(g.mul(y, values.v), [0, 1], false);
      const [dx, da, db] = gradients(g, loss, [values.x, values.a, values.b]);
      return { y, dx: dx!, da: da!, db: db! };
    })
  ));
  for (const name of ["y", "dx", "da", "db"]) {
    within(merged![name]!.data, apart![name]!.data, 1e-5, name);
    within(turned![name]!.data, apart![name]!.data, 1e-5, `${name} with fanInFanOut`);
  }
});

Deno.test("LoraLinears with B = 0 is the plain linear, with no gradient for A and one for B", async () => {
  const inputs = { ...LORA, b: matrix([[0], [0]]), s: scalar(2) };
  const { y, da, db } = await runGraph(inputs, (g, { x, w, a, b, s }) => {
    const { y } = merging(g, [x, w, a, b, s], false);
    const [da, db] = gradients(g, g.reduceSum(y, [0, 1], false), [a, b]);
    return { y, da: da!, db: db! };
  });
  assert.deepEqual(y!.data, [5, 11]);
  assert.deepEqual(da!.data, [0, 0]);
  assert.deepEqual(db!.data, [-1, -1]);
});
