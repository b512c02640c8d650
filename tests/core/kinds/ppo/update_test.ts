/** One update on fixed rows: rates, passes and what the rows' order may change. */
import assert from "node:assert/strict";
import { LOSS_AGGREGATIONS } from "../../../../core/contract/advantage_methods.ts";
import { ppoSchema } from "../../../../core/contract/ppo_job.ts";
import { lrFactor } from "../../../../core/train/lr_schedule.ts";
import { update } from "../../../../core/kinds/ppo/update.ts";
import { within, worst } from "../../../kernels/within.ts";
import { KINDS, makeJob, makeLearner, measuredRows } from "../../networks/make_learner.ts";
import { openBase } from "../../networks/tiny_models.ts";

const KEY = { seed: 1, step: 0, optimizerStep: 0, optimizerSteps: 8 };

async function learnerAndRows(kind: keyof typeof KINDS) {
  const job = makeJob(KINDS[kind]);
  const learner = await makeLearner(await openBase(), job);
  return { job, learner, rows: await measuredRows(learner, 1) };
}

for (const [at, loss_aggregation] of LOSS_AGGREGATIONS.entries()) {
  const estimator = ([null, "k2", "k3", "k3"] as const)[at] ?? null;
  Deno.test(`${loss_aggregation}, KL ${estimator}: micro-batches change the gradient by rounding alone`, async () => {
    const gradients = [];
    for (const micro_batch_size of [null, 1, 2]) {
      const { job, learner, rows } = await learnerAndRows("lora, shared");
      const config = ppoSchema.parse({
        ...{ num_ppo_epochs: 2, loss_aggregation, micro_batch_size, max_new_tokens: 9 },
      });
      const kl = estimator && { estimator, coef: 0.5 };
      await update(learner, rows, config, job.value, { ...KEY, kl });
      gradients.push(Array.from(learner.policyOptimizer.gradients.flat.read()));
    }
    const size = Math.hypot(...gradients[0]!);
    assert.ok(size > 1e-4, String(size));
    for (const gradient of gradients.slice(1)) within(gradient, gradients[0]!, 1e-4 * size, "gradient");
  });
}

Deno.test("update() asks the schedule for every optimizer step's rate, from where the job stands", async () => {
  const { job, learner, rows } = await learnerAndRows("lora, separate");
  const config = ppoSchema.parse({
    num_ppo_epochs: 2,
    num_mini_batches: 2,
    learning_rate: 1e-3,
    warmup_steps: 3,
  });
  const rates: number[] = [];
  const critics: number[] = [];
  const { policyOptimizer, critic } = learner;
  const policyApply = policyOptimizer.apply.bind(policyOptimizer);
  policyOptimizer.apply = (steps) => (rates.push(steps.adapter!.lr), policyApply(steps));
  const criticApply = critic!.optimizer.apply.bind(critic!.optimizer);
  critic!.optimizer.apply = (steps) => (critics.push(steps.adapter!.lr, steps.head!.lr), criticApply(steps));
  const { metrics } = await update(learner, rows, config, job.value, { ...KEY, optimizerStep: 4 });
  const factors = [4, 5, 6, 7].map((step) => lrFactor(config, step, 8));
  within(rates, factors.map((factor) => 1e-3 * factor), 1e-12, "policy rates");
  within(critics, factors.flatMap((factor) => [5e-5 * factor, 1e-4 * factor]), 1e-12, "critic rates");
  assert.equal(metrics.finish().lr, rates.at(-1));
});

for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
  Deno.test(`${kind}: weight decay takes every matrix, the value head's too, and spares biases and norms`, async () => {
    const { job, learner, rows } = await learnerAndRows(kind);
    const config = ppoSchema.parse({ num_ppo_epochs: 1, weight_decay: 0.1 });
    const optimizers = [learner.policyOptimizer, ...(learner.critic ? [learner.critic.optimizer] : [])];
    const decays = optimizers.map((optimizer) => {
      const seen: [name: string, decay: number, dimensions: number][] = [];
      const apply = optimizer.apply.bind(optimizer);
      optimizer.apply = (steps) => {
        for (const { name: group, parameters } of optimizer.parameters.groups) {
          parameters.forEach(({ name, shape }) =>
            seen.push([name, steps[group]!.weight_decay, shape.length])
          );
        }
        return apply(steps);
      };
      return seen;
    });
    await update(learner, rows, config, job.value, KEY);
    const all = decays.flat();
    assert.ok(all.some(([name]) => name === "score.weight") && all.some(([name]) => name === "score.bias"));
    for (const [name, decay, dimensions] of all) assert.equal(decay, dimensions === 1 ? 0 : 0.1, name);
  });
}

for (const kind of ["lora, separate", "full, shared"] as const) {
  Deno.test(`${kind}: the first micro-batch reports ratio 1; later ones of the step do not`, async () => {
    const { job, learner, rows } = await learnerAndRows(kind);
    const config = ppoSchema.parse({ num_ppo_epochs: 3, learning_rate: 1e-2, micro_batch_size: 2 });
    const { metrics, firstMicroBatch, skipped } = await update(learner, rows, config, job.value, KEY);
    within([firstMicroBatch.ratio_sum / firstMicroBatch.tokens], [1], 1e-6, "ratio");
    within([firstMicroBatch.approxkl_sum], [0], 1e-8, "approxkl");
    assert.equal(firstMicroBatch.clipfrac_sum, 0);
    assert.equal(skipped, 0);
    assert.ok(metrics.finish()["policy/approxkl_avg"]! > 1e-4);
  });

  Deno.test(`${kind}: the order of the rows and their micro-batches do not change where an update ends`, async () => {
    const ends = [];
    for (const [reversed, micro_batch_size] of [[false, null], [true, null], [false, 1]] as const) {
      const { job, learner, rows } = await learnerAndRows(kind);
      // A large ε keeps Adam from magnifying rounding where a gradient is nearly zero.
      const config = ppoSchema.parse({
        num_ppo_epochs: 2,
        learning_rate: 1e-3,
        micro_batch_size,
        adam_eps: 1e-3,
      });
      await update(learner, reversed ? rows.reverse() : rows, config, job.value, KEY);
      ends.push(learner.policy.parameters.flat.copy());
    }
    within(ends[1]!, ends[0]!, 1e-5, "parameters after reversed rows");
    within(ends[2]!, ends[0]!, 1e-5, "parameters after micro-batches of one");
    const { learner } = await learnerAndRows(kind);
    assert.ok(worst(ends[0]!, learner.policy.parameters.flat.read()) > 1e-4);
  });
}

Deno.test("at ratio 1 the policy's gradient is that of −mean(A·logprob): a step raises good actions, lowers bad ones", async () => {
  const { job, learner, rows } = await learnerAndRows("lora, separate");
  for (const [index, row] of rows.entries()) row.advantages.fill(index % 2 === 0 ? 1 : -1);
  const config = ppoSchema.parse({ num_ppo_epochs: 1, learning_rate: 1e-3, lr_scheduler: "constant" });
  for (let step = 0; step < 3; step++) await update(learner, rows, config, job.value, { ...KEY, step });
  const after = await learner.policy.analyze(rows, { temperature: 1 });
  rows.forEach(({ logprobs }, index) => {
    const change = after.logprobs[index]!.reduce((sum, x, t) => sum + x - logprobs[t]!, 0);
    assert.ok(index % 2 === 0 ? change > 0 : change < 0, `row ${index} changed by ${change}`);
  });
});
