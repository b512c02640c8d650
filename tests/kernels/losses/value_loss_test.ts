/** The value loss: golden numbers of ppo-spec §19, its gradient, and what counts as clipped. */
import assert from "node:assert/strict";
import { gradients } from "../../../kernels/graph/gradient.ts";
import { vector as vectorOf } from "../../../kernels/losses/sums.ts";
import { VALUE_STATS, valueLoss } from "../../../kernels/losses/value_loss.ts";
import { uniform } from "../../../core/rng.ts";
import { scalar, vector } from "../run_artifact.ts";
import { runGraph } from "../run_graph.ts";
import { within } from "../within.ts";
import { TOLERANCE, VALUE } from "./golden.ts";

interface Case {
  values: number[];
  old_values: number[];
  returns: number[];
  clip?: number;
}

async function run({ values, old_values, returns, clip = 0.2 }: Case) {
  const count = values.length;
  const inputs = { values: vector(values), weights: vector(new Array<number>(count).fill(1 / count)) };
  const outputs = await runGraph(inputs, (g, { values, weights }) => {
    const { loss, stats } = valueLoss(g, values, weights);
    return { loss, stats: vectorOf(g, stats), gradient: gradients(g, loss, [values])[0]! };
  }, { old_values: vector(old_values), returns: vector(returns), value_clip: scalar(clip) });
  return {
    loss: outputs.loss!.data[0]!,
    gradient: outputs.gradient!.data,
    stats: Object.fromEntries(VALUE_STATS.map((name, index) => [name, outputs.stats!.data[index]!])),
  };
}

Deno.test("valueLoss() gives the golden loss and clipped count", async () => {
  const { loss, stats } = await run(VALUE);
  within([loss, stats.value_loss_sum! / 6], [0.32767406, 0.32767406], TOLERANCE, "loss");
  assert.equal(stats.value_clipfrac_sum, 2);
});

Deno.test("valueLoss() without a clip range gives the golden loss", async () => {
  const { loss, stats, gradient } = await run({ ...VALUE, clip: 1e30 });
  within([loss], [0.30270353], TOLERANCE, "loss");
  assert.equal(stats.value_clipfrac_sum, 0);
  const plain = VALUE.values.map((value, i) => (value - VALUE.returns[i]!) / 6);
  within(gradient, plain, TOLERANCE, "gradient");
});

Deno.test("valueLoss() has the golden gradient, exactly 0 where the clipped branch counts", async () => {
  const { gradient } = await run(VALUE);
  within(gradient, [0, -0.12379062, 0, -0.09125, 0.09258333, 0.19833333], TOLERANCE, "gradient");
  assert.deepEqual([gradient[0], gradient[2]].map((value) => Math.abs(value!)), [0, 0]);
});

Deno.test("valueLoss() counts no value inside the clip range as clipped", async () => {
  const draw = (row: number, scale: number) =>
    Array.from({ length: 2000 }, (_, i) => Math.fround(scale * (2 * uniform(3, "data", 0, row, i) - 1)));
  for (const [clip, scale] of [[0.2, 0.09], [1e30, 10]] as const) {
    const [values, old_values, returns] = [draw(0, scale), draw(1, scale), draw(2, 1)];
    const { stats, gradient } = await run({ values, old_values, returns, clip });
    assert.equal(stats.value_clipfrac_sum, 0);
    within(gradient, values.map((value, i) => (value - returns[i]!) / 2000), TOLERANCE, "gradient");
  }
});
