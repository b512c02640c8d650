/** The policy loss: golden numbers of ppo-spec §19, where its gradient is exactly zero, and its clamp. */
import assert from "node:assert/strict";
import { gradients } from "../../../kernels/graph/gradient.ts";
import { POLICY_STATS, policyLoss } from "../../../kernels/losses/policy_loss.ts";
import { vector as vectorOf } from "../../../kernels/losses/sums.ts";
import { scalar, vector } from "../run_artifact.ts";
import { runGraph } from "../run_graph.ts";
import { within } from "../within.ts";
import { perToken, POLICY, TOLERANCE } from "./golden.ts";

const OFF = 1e30;

interface Case {
  logprobs: number[];
  old_logprobs: number[];
  advantages: number[];
  weights?: number[];
  clip?: [low: number, high: number];
  dual?: number;
}

/** Loss, sums by name, ∂loss/∂logprobs, and each token's own loss (which is ∂loss/∂weights). */
async function run({ logprobs, old_logprobs, advantages, weights, clip = [0.8, 1.2], dual = OFF }: Case) {
  const count = logprobs.length;
  const inputs = {
    logprobs: vector(logprobs),
    entropy: vector(logprobs.map((logprob) => -logprob)),
    weights: vector(weights ?? new Array<number>(count).fill(1 / count)),
  };
  const outputs = await runGraph(inputs, (g, { logprobs, entropy, weights }) => {
    const { loss, stats } = policyLoss(g, logprobs, entropy, weights);
    const [gradient, tokens] = gradients(g, loss, [logprobs, weights]);
    return { loss, stats: vectorOf(g, stats), gradient: gradient!, tokens: tokens! };
  }, {
    old_logprobs: vector(old_logprobs),
    advantages: vector(advantages),
    clip_low: scalar(clip[0]),
    clip_high: scalar(clip[1]),
    dual_clip: scalar(dual),
  });
  return {
    loss: outputs.loss!.data[0]!,
    gradient: outputs.gradient!.data,
    tokens: outputs.tokens!.data,
    stats: Object.fromEntries(POLICY_STATS.map((name, index) => [name, outputs.stats!.data[index]!])),
  };
}

Deno.test("policyLoss() gives the golden loss of each token", async () => {
  const { tokens, stats } = await run(POLICY);
  within(
    tokens,
    [-0.70336128, -0.33238685, -1.33034019, -0.27318581, 1.04195355, 1.85507785],
    TOLERANCE,
    "token losses",
  );
  within([stats.policy_loss_sum! / 6], [0.04295954], TOLERANCE, "policy_loss_sum / tokens");
});

const AGGREGATIONS = {
  "token-mean": [() => 1 / 6, 0.04295954],
  "seq-mean-token-mean": [(length: number) => 1 / (2 * length), 0.39434858],
  "seq-mean-token-sum": [() => 1 / 2, 0.12887863],
  "constant-norm": [() => 1 / (2 * 4), 0.03221966],
} as const;

for (const [name, [rowWeight, expected]] of Object.entries(AGGREGATIONS)) {
  Deno.test(`policyLoss() with the weights of ${name} gives its golden loss`, async () => {
    const { loss } = await run({ ...POLICY, weights: perToken(rowWeight) });
    within([loss], [expected], TOLERANCE, "loss");
  });
}

Deno.test("policyLoss() with a higher upper clip gives the golden loss", async () => {
  const { loss } = await run({ ...POLICY, clip: [0.8, 1.28] });
  within([loss], [0.02817799], TOLERANCE, "loss");
});

Deno.test("policyLoss() sums the golden statistics, whatever the weights", async () => {
  for (const weights of [perToken(() => 1 / 6), perToken((length) => length)]) {
    const { stats } = await run({ ...POLICY, weights });
    assert.equal(stats.clipfrac_sum, 1);
    within([stats.approxkl_sum! / 6], [0.02355], TOLERANCE, "approxkl");
    within([stats.k3_sum! / 6], [0.02449767], TOLERANCE, "k3");
    const ratios = POLICY.logprobs.map((logprob, i) => Math.exp(logprob - POLICY.old_logprobs[i]!));
    within([stats.ratio_sum!], [ratios.reduce((a, b) => a + b)], 4 * TOLERANCE, "ratio_sum");
    within([stats.entropy_sum!], [-POLICY.logprobs.reduce((a, b) => a + b)], 4 * TOLERANCE, "entropy_sum");
  }
});

Deno.test("policyLoss() has the golden gradient", async () => {
  const { gradient } = await run(POLICY);
  const golden = [-0.11722688, -0.05539781, 0, -0.04553097, 0.17365893, 0.30917964];
  within(gradient, golden, TOLERANCE, "gradient");
  assert.equal(gradient[2], 0);
});

Deno.test("policyLoss() with dual clip bounds the loss where the advantage is negative, and its gradient there is 0", async () => {
  const ratios = [5, 0.5, 5, 0.5];
  const row = {
    logprobs: ratios.map(Math.log),
    old_logprobs: [0, 0, 0, 0],
    advantages: [-1, -1, 1, 1],
    weights: [1, 1, 1, 1],
  };
  const plain = await run(row);
  within(plain.tokens, [5, 0.8, -1.2, -0.5], TOLERANCE, "plain");
  within(plain.gradient, [5, 0, 0, -0.5], 2 * TOLERANCE, "plain gradient");
  const dual = await run({ ...row, dual: 3 });
  within(dual.tokens, [3, 0.8, -1.2, -0.5], TOLERANCE, "dual");
  assert.deepEqual(dual.gradient.slice(0, 3).map(Math.abs), [0, 0, 0]);
  within(dual.gradient, [0, 0, 0, -0.5], TOLERANCE, "dual gradient");
});

Deno.test("policyLoss() is cut only on the side that would go too far: the gradient is exactly 0 there, −Aρ elsewhere", async () => {
  const ratios = [0.5, 0.9, 1.1, 1.5];
  for (const advantage of [1, -1]) {
    const { gradient, stats } = await run({
      logprobs: ratios.map(Math.log),
      old_logprobs: [0, 0, 0, 0],
      advantages: ratios.map(() => advantage),
      weights: [1, 1, 1, 1],
    });
    const cut = advantage > 0 ? 3 : 0;
    assert.equal(Math.abs(gradient[cut]!), 0);
    within(
      gradient,
      ratios.map((ratio, i) => i === cut ? 0 : -advantage * ratio),
      TOLERANCE,
      `gradient at A = ${advantage}`,
    );
    assert.equal(stats.clipfrac_sum, 1);
  }
});

Deno.test("policyLoss() on the rollout policy has ratio 1, no clipping, no KL and the policy gradient −A/N", async () => {
  const { gradient, stats } = await run({ ...POLICY, logprobs: POLICY.old_logprobs });
  assert.equal(stats.ratio_sum, 6);
  assert.equal(stats.clipfrac_sum, 0);
  assert.equal(stats.approxkl_sum, 0);
  assert.equal(stats.k3_sum, 0);
  within(gradient, POLICY.advantages.map((advantage) => -advantage / 6), TOLERANCE, "gradient");
});

Deno.test("policyLoss() cuts log ratios at ±20, so nothing overflows and no gradient flows beyond", async () => {
  const { tokens, gradient, stats } = await run({
    logprobs: [-1, -1, -200, -200],
    old_logprobs: [-200, -200, -1, -1],
    advantages: [1, -1, 1, -1],
    weights: [1, 1, 1, 1],
  });
  const [most, least] = [Math.exp(20), Math.exp(-20)];
  within([tokens[1]! / most], [1], TOLERANCE, "the largest loss");
  within([tokens[0]!, tokens[2]!, tokens[3]!], [-1.2, -least, 0.8], TOLERANCE, "losses");
  assert.deepEqual(gradient.map(Math.abs), [0, 0, 0, 0]);
  assert.equal(stats.approxkl_sum, 4 * 200);
  within([stats.ratio_sum! / (2 * most)], [1], TOLERANCE, "ratio_sum");
});

Deno.test("policyLoss() ignores a token of weight 0", async () => {
  const weights = [1 / 5, 1 / 5, 0, 1 / 5, 1 / 5, 1 / 5];
  const wild = (values: number[], value: number) => values.map((x, i) => i === 2 ? value : x);
  const plain = await run({ ...POLICY, weights });
  const other = await run({
    logprobs: wild(POLICY.logprobs, -30),
    old_logprobs: wild(POLICY.old_logprobs, -90),
    advantages: wild(POLICY.advantages, 700),
    weights,
  });
  assert.equal(other.loss, plain.loss);
  assert.deepEqual(other.gradient.map(Math.abs), plain.gradient.map(Math.abs));
});
