/** The gradients of both layer normalisations against golden numbers (ppo-spec §19), and softmax at its limits. */
import assert from "node:assert/strict";
import { gradients } from "../../../kernels/graph/gradient.ts";
import { matrix, runGraph } from "../run_graph.ts";
import { vector } from "../run_artifact.ts";
import { within } from "../within.ts";

const [WEIGHT, DY] = [[0.5, 1, 1.5, 2], [1, -1, 0.5, 2]];

Deno.test("rmsNorm() has the golden output and gradient", async () => {
  const inputs = { x: matrix([[1, 2, 3, 4]]), w: vector(WEIGHT), dy: matrix([DY]) };
  const { y, dx, dw } = await runGraph(inputs, (g, { x, w, dy }) => {
    const y = g.rmsNorm(x, w, 1e-6);
    const [dx, dw] = gradients(g, g.reduceSum(g.mul(y, dy), [0, 1], false), [x, w]);
    return { y, dx: dx!, dw: dw! };
  });
  const normed = [0.36514835, 0.73029669, 1.09544504, 1.46059339];
  within(y!.data, normed.map((value, i) => value * WEIGHT[i]!), 1e-6, "y");
  within(dx!.data, [-0.02130029, -0.77289728, -0.33776214, 0.64509552], 1e-6, "dx");
  within(dw!.data, normed.map((value, i) => value * DY[i]!), 1e-6, "dw");
});

Deno.test("layerNorm() has the golden gradient", async () => {
  const inputs = {
    x: matrix([[1, 2, 3, 5]]),
    w: vector(WEIGHT),
    b: vector([0, 0, 0, 0]),
    dy: matrix([DY]),
  };
  const { dx, dw, db } = await runGraph(inputs, (g, { x, w, b, dy }) => {
    const loss = g.reduceSum(g.mul(g.layerNorm(x, w, b, 1e-5), dy), [0, 1], false);
    const [dx, dw, db] = gradients(g, loss, [x, w, b]);
    return { dx: dx!, dw: dw!, db: db! };
  });
  within(dx!.data, [0.84514672, -0.86930193, -0.38635455, 0.41050976], 1e-6, "dx");
  const deviation = Math.sqrt(2.1875 + 1e-5);
  within(dw!.data, [-1.75, -0.75, 0.25, 2.25].map((d, i) => d / deviation * DY[i]!), 1e-6, "dw");
  assert.deepEqual(db!.data, DY);
});

Deno.test("Both normalisations stay finite on a row of zeros", async () => {
  const inputs = { x: matrix([[0, 0, 0, 0]]), w: vector(WEIGHT), b: vector([1, 2, 3, 4]) };
  const { rms, layer, dRms, dLayer } = await runGraph(inputs, (g, { x, w, b }) => {
    const [rms, layer] = [g.rmsNorm(x, w, 1e-6), g.layerNorm(x, w, b, 1e-5)];
    const [dRms] = gradients(g, g.reduceSum(rms, [0, 1], false), [x]);
    const [dLayer] = gradients(g, g.reduceSum(layer, [0, 1], false), [x]);
    return { rms, layer, dRms: dRms!, dLayer: dLayer! };
  });
  assert.deepEqual(rms!.data, [0, 0, 0, 0]);
  assert.deepEqual(layer!.data, [1, 2, 3, 4]);
  within(dRms!.data, WEIGHT.map((w) => w * 1e3), 1e-2, "dRms");
  assert.ok(dLayer!.data.every(Number.isFinite));
});

Deno.test("softmax() of scores with −1e30 gives those exactly 0, and a row of only −1e30 stays finite", async () => {
  const inputs = { x: matrix([[1, -1e30, 1, -1e30], [-1e30, -1e30, -1e30, -1e30]]) };
  const { y } = await runGraph(inputs, (g, { x }) => ({ y: g.softmax(x) }));
  assert.deepEqual(y!.data, [0.5, 0, 0.5, 0, 0.25, 0.25, 0.25, 0.25]);
});
