/** The Bradley–Terry loss: golden numbers of ppo-spec §19, its gradient in closed form, and scores that are far apart. */
import assert from "node:assert/strict";
import { gradients } from "../../../kernels/graph/gradient.ts";
import { PREFERENCE_STATS, preferenceLoss } from "../../../kernels/losses/preference_loss.ts";
import { vector as vectorOf } from "../../../kernels/losses/sums.ts";
import { scalar, vector } from "../run_artifact.ts";
import { runGraph } from "../run_graph.ts";
import { within } from "../within.ts";
import { TOLERANCE } from "./golden.ts";

interface Case {
  chosen: number[];
  rejected: number[];
  margins?: number[];
  center?: number;
}

async function run({ chosen, rejected, margins = chosen.map(() => 0), center = 0 }: Case) {
  const count = chosen.length;
  const inputs = { chosen: vector(chosen), rejected: vector(rejected) };
  const outputs = await runGraph(inputs, (g, { chosen, rejected }) => {
    const { loss, stats } = preferenceLoss(g, chosen, rejected);
    const [ofChosen, ofRejected] = gradients(g, loss, [chosen, rejected]);
    return { loss, stats: vectorOf(g, stats), ofChosen: ofChosen!, ofRejected: ofRejected! };
  }, {
    margins: vector(margins),
    weights: vector(new Array<number>(count).fill(1 / count)),
    center_coef: scalar(center),
  });
  return {
    loss: outputs.loss!.data[0]!,
    gradients: [outputs.ofChosen!.data, outputs.ofRejected!.data],
    stats: Object.fromEntries(PREFERENCE_STATS.map((name, index) => [name, outputs.stats!.data[index]!])),
  };
}

/** The same in double, by the formulas of ppo-spec §22. */
function expected({ chosen, rejected, margins = chosen.map(() => 0), center = 0 }: Case) {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const pairs = chosen.map((c, i) => {
    const [r, d] = [rejected[i]!, c - rejected[i]! - margins[i]!];
    const pull = -sigmoid(-d), middle = 2 * center * (c + r);
    return {
      loss: Math.max(-d, 0) + Math.log1p(Math.exp(-Math.abs(d))) + center * (c + r) ** 2,
      chosen: pull + middle,
      rejected: -pull + middle,
    };
  });
  const over = (of: (pair: typeof pairs[number]) => number) => pairs.map((pair) => of(pair) / pairs.length);
  return {
    loss: over(({ loss }) => loss).reduce((a, b) => a + b),
    gradients: [over(({ chosen }) => chosen), over(({ rejected }) => rejected)],
  };
}

Deno.test("preferenceLoss() gives the golden losses, and counts a pair of equal scores as wrong", async () => {
  const golden = [0.26328247, 0.85435524, 0.69314718];
  for (const [i, d] of [1.2, -0.3, 0].entries()) {
    within([(await run({ chosen: [d + 3], rejected: [3] })).loss], [golden[i]!], TOLERANCE, String(d));
  }
  const { stats } = await run({ chosen: [4.5, 2.5, 3], rejected: [3, 3, 3] });
  assert.deepEqual([stats.accuracy_sum, stats.margin_sum, stats.chosen_sum, stats.rejected_sum], [
    1,
    1,
    10,
    9,
  ]);
});

Deno.test("preferenceLoss() has the gradient of its formula, with margins and centring, also where scores are equal", async () => {
  const one = {
    chosen: [1.5, -0.25, 0, 0.75],
    rejected: [0.5, 0.5, 0, 2],
    margins: [0, 0.5, 0, 1.25],
    center: 0.05,
  };
  const [found, wanted] = [await run(one), expected(one)];
  within([found.loss], [wanted.loss], TOLERANCE, "loss");
  found.gradients.forEach((gradient, side) =>
    within(gradient, wanted.gradients[side]!, TOLERANCE, `side ${side}`)
  );
  const sums = one.chosen.map((score, i) => (score + one.rejected[i]!) ** 2);
  within([found.stats.center_sum!], [sums.reduce((a, b) => a + b)], TOLERANCE, "center");
});

Deno.test("preferenceLoss() of scores that are far apart is linear or nothing, and finite", async () => {
  const { loss, gradients: [chosen], stats } = await run({ chosen: [-500, 500], rejected: [500, -500] });
  assert.equal(loss, 500);
  assert.equal(stats.loss_sum, 1000);
  within(chosen!, [-0.5, 0], TOLERANCE, "gradient");
});
