/** An update on a device: what the host sees of it and when, and that what it does not see is freed. */
import assert from "node:assert/strict";
import { BaseModel } from "../../../../core/weights/base_model.ts";
import { Runtime } from "../../../../core/ort/runtime.ts";
import type { PpoJobRequest } from "../../../../core/contract/ppo_job.ts";
import { update } from "../../../../core/kinds/ppo/update.ts";
import { KINDS, makeJob, makeLearner, measuredRows } from "../../networks/make_learner.ts";
import { fixtureFolder } from "../../networks/tiny_models.ts";
import { watchDownloads } from "../../ort/watch_downloads.ts";

const KEY = { seed: 1, step: 0, optimizerStep: 0, optimizerSteps: 8 };
const PPO = { batch_size: 4, num_ppo_epochs: 2, num_mini_batches: 2, micro_batch_size: 1 } as const;
const runtime = Runtime.open({ device: "allocated", threads: 2 });

/** What comes to the host in an update, in order, beside "step" where an optimizer is stepped. */
async function watched(kind: keyof typeof KINDS, ppo: NonNullable<PpoJobRequest["ppo"]>) {
  const log: string[] = [];
  using _watch = watchDownloads(runtime, (what) => log.push(what));
  const job = makeJob({ ...KINDS[kind], ppo });
  const learner = await makeLearner(await BaseModel.open(runtime, fixtureFolder("qwen3")), job);
  const rows = await measuredRows(learner, 1);
  for (const optimizer of [learner.policyOptimizer, learner.critic?.optimizer]) {
    if (!optimizer) continue;
    const apply = optimizer.apply.bind(optimizer);
    optimizer.apply = (rates) => (log.push("step"), apply(rates));
  }
  assert.ok(log.includes("logprobs"), "what is measured before an update is seen");
  log.length = 0;
  const { metrics, firstMicroBatch } = await update(learner, rows, job.ppo, job.value, KEY);
  return { log, metrics: metrics.finish(), firstMicroBatch };
}

for (const kind of ["lora, separate", "full, shared"] as const) {
  const optimizers = kind === "lora, separate" ? 2 : 1;

  Deno.test(`${kind}: nothing comes to the host before the last optimizer step, then all of it`, async () => {
    const { log, metrics } = await watched(kind, PPO);
    const steps = 4 * optimizers;
    assert.deepEqual(log.slice(0, steps), new Array(steps).fill("step"));
    const after = log.slice(steps);
    assert.ok(after.length >= steps + 8 * optimizers && after.every((what) => what === "read"));
    assert.equal(metrics.optimizer_steps, 4);
  });

  Deno.test(`${kind}: target_kl sees the statistics of each mini-batch before its step, and changes no number`, async () => {
    const [free, bounded] = [await watched(kind, PPO), await watched(kind, { ...PPO, target_kl: 1e6 })];
    const { log } = bounded;
    const steps = log.flatMap((what, at) => what === "step" ? [at] : []);
    for (let step = 0; step < steps.length; step += optimizers) {
      const from = step === 0 ? 0 : steps[step - 1]! + 1;
      assert.ok(log.slice(from, steps[step]).includes("read"), `nothing was read before step ${step}`);
    }
    assert.deepEqual(bounded.metrics, free.metrics);
    assert.deepEqual(bounded.firstMicroBatch, free.firstMicroBatch);
  });
}

Deno.test("an update leaves no statistics in memory, whether it ends or is aborted", async () => {
  const job = makeJob({ ...KINDS["lora, separate"], ppo: PPO });
  const learner = await makeLearner(await BaseModel.open(runtime, fixtureFolder("qwen3")), job);
  const rows = await measuredRows(learner, 1);
  const used = () => runtime.device!.memory().used;
  const run = (signal?: AbortSignal) => update(learner, rows, job.ppo, job.value, KEY, { signal });
  await run(); // what is bound once
  const before = used();
  await run();
  assert.equal(used(), before);
  const { network } = learner.critic!;
  const train = network.train.bind(network);
  for (const stop of [0, 1, 3, 6]) {
    const controller = new AbortController();
    let runs = 0;
    network.train = (...rest) => {
      if (runs++ === stop) controller.abort();
      return train(...rest);
    };
    await assert.rejects(run(controller.signal), { code: "cancelled" });
    assert.equal(used(), before, `after ${stop} micro-batches`);
  }
});
