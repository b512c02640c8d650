/** The KL's term of the loss: its numbers and gradients (ppo-spec §6, §22), and its clamp. */
import { gradients } from "../../../kernels/graph/gradient.ts";
import { klLoss, type KlLossEstimator } from "../../../kernels/losses/kl_loss.ts";
import { vector as vectorOf } from "../../../kernels/losses/sums.ts";
import { scalar, vector } from "../run_artifact.ts";
import { runGraph } from "../run_graph.ts";
import { within } from "../within.ts";
import { TOLERANCE } from "./golden.ts";

const LOGPROBS = [-1, -0.5, -2, -0.25, -0.7, -1.2];
const REFERENCE = [-1.2, -0.4, -1.5, -0.3, -0.9, -1];
const DELTAS = LOGPROBS.map((logprob, at) => logprob - REFERENCE[at]!);

async function run(estimator: KlLossEstimator, logprobs = LOGPROBS, reference = REFERENCE, coef = 0.3) {
  const inputs = {
    logprobs: vector(logprobs),
    weights: vector(logprobs.map((_, at) => (at + 1) / 10)),
  };
  const outputs = await runGraph(inputs, (g, { logprobs, weights }) => {
    const { loss, stats } = klLoss(g, logprobs, weights, estimator);
    return { loss, stats: vectorOf(g, stats), gradient: gradients(g, loss, [logprobs])[0]! };
  }, { ref_logprobs: vector(reference), kl_coef: scalar(coef) });
  return {
    loss: outputs.loss!.data[0]!,
    sum: outputs.stats!.data[0]!,
    gradient: outputs.gradient!.data,
  };
}

/** Value and derivative by δ. */
const FORMULAS = {
  k2: [(d: number) => d * d / 2, (d: number) => d],
  k3: [(d: number) => Math.exp(-d) - 1 + d, (d: number) => 1 - Math.exp(-d)],
} as const;

/** Σ over the golden rows (ppo-spec §19). */
const GOLDEN = { k2: 0.15125 + 0.04, k3: 0.17385237 + 0.04013351 };

for (const [name, [value, derivative]] of Object.entries(FORMULAS)) {
  Deno.test(`klLoss() of ${name} is its weighted sum times kl_coef, with its golden sum and its gradient`, async () => {
    const { loss, sum, gradient } = await run(name as KlLossEstimator);
    const weights = DELTAS.map((_, at) => (at + 1) / 10);
    within([sum], [GOLDEN[name as keyof typeof GOLDEN]], TOLERANCE, "sum");
    const expected = 0.3 * DELTAS.reduce((total, d, at) => total + weights[at]! * value(d), 0);
    within([loss], [expected], TOLERANCE, "loss");
    within(gradient, DELTAS.map((d, at) => 0.3 * weights[at]! * derivative(d)), TOLERANCE, "gradient");
  });
}

Deno.test("klLoss() has neither loss nor gradient where policy and reference agree", async () => {
  for (const name of ["k2", "k3"] as const) {
    const { loss, gradient } = await run(name, LOGPROBS, LOGPROBS);
    within([loss, ...gradient], new Array<number>(7).fill(0), 0, name);
  }
});

Deno.test("klLoss() stays finite, and still, where the two are 20 nats apart or more", async () => {
  const { loss, gradient } = await run("k3", [-90, 0], [0, -90]);
  within([loss], [0.3 * (0.1 * (Math.exp(20) - 21) + 0.2 * (Math.exp(-20) + 19))], 1e3, "loss");
  within(gradient, [0, 0], 0, "gradient");
});
