/** The PPO loop on real tiny models: its invariants, its counts, and what each switch must and must not change. */
import assert from "node:assert/strict";
import { UserError } from "../../../../core/errors.ts";
import { nextKlCoef } from "../../../../core/kinds/ppo/kl_controller.ts";
import type { Scorer } from "../../../../core/rewards/reward_source.ts";
import { within, worst } from "../../../kernels/within.ts";
import { checkTraining } from "../../engine/training_contract.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { setUp, trainAll, watchTraining } from "./training.ts";

const SMALL = { max_new_tokens: 6, batch_size: 4 } as const;

for (const [kind, given] of Object.entries(KINDS)) {
  Deno.test(`${kind}: the first step's ratio is 1, its KL and clipfrac are 0, a zero head explains nothing`, async () => {
    const ppo = { ...SMALL, temperature: 0.7, num_ppo_epochs: 1, kl_coef: 0.2, vf_coef: 0.3 };
    const job = makeJob({ ...given, ppo });
    const parts = await setUp(job);
    const seen = watchTraining(parts);
    const { steps: [metrics], warnings } = await trainAll(parts, job);
    within([metrics!["val/ratio"]!], [1], 1e-6, "ratio");
    within([metrics!["policy/approxkl_avg"]!], [0], 1e-10, "approxkl");
    within([metrics!["objective/kl"]!], [0], 1e-5, "kl");
    assert.equal(metrics!["policy/clipfrac_avg"], 0);
    assert.equal(metrics!["val/clipfrac_avg"], 0);
    within([metrics!["val/explained_var"]!], [0], 1e-9, "explained variance");
    assert.ok(metrics!["rollout_gap/max_abs"]! < 1e-4);
    assert.ok(metrics!["policy/grad_norm"]! > 0 && metrics!["value/grad_norm"]! > 0);
    // All responses are as long, so none is better than another.
    assert.deepEqual(warnings.map(({ code }) => code), ["no_signal"]);
    const rows = seen.flat();
    assert.equal(rows.length, 4);
    // Zero values: returns are discounted rewards to go, so the value loss is half their mean square.
    const squares = rows.flatMap(({ returns }) => Array.from(returns!, (g) => g * g / 2));
    within(
      [metrics!["loss/value_avg"]!],
      [squares.reduce((a, b) => a + b) / squares.length],
      1e-4,
      "value loss",
    );
    for (const row of rows) {
      assert.ok(row.values!.every((value) => value === 0));
      if (row.terminated) assert.equal(row.response_ids.at(-1), 2);
      assert.equal(row.response_ids.subarray(0, -1).indexOf(2), -1);
    }
  });

  Deno.test(`${kind}: while the critic warms up, no bit of the policy changes`, async () => {
    const job = makeJob({
      ...given,
      epochs: 2,
      ppo: { ...SMALL, critic_warmup_steps: 2, weight_decay: 0.1 },
    });
    const parts = await setUp(job);
    const { policy, critic } = parts.learner;
    const trained = critic ? critic.network.parameters : policy.parameters;
    const names = policy.parameters.names.filter((name) => !name.startsWith("score."));
    const before = names.map((name) => policy.parameters.values(name).slice());
    const head = trained.values("score.weight").slice();
    const { steps } = await trainAll(parts, job);
    assert.equal(steps.length, 2);
    names.forEach((name, index) => assert.deepEqual(policy.parameters.values(name), before[index], name));
    assert.ok(worst(trained.values("score.weight"), head) > 0);
    assert.equal(steps[1]!["policy/approxkl_avg"], 0);
    // And afterwards it does.
    const longer = makeJob({
      ...given,
      epochs: 2,
      ppo: { ...SMALL, critic_warmup_steps: 1, learning_rate: 1e-3 },
    });
    const moving = await setUp(longer);
    const start = moving.learner.policy.parameters.clone();
    await trainAll(moving, longer);
    const moved = names.filter((name) =>
      worst(moving.learner.policy.parameters.values(name), start.values(name)) > 0
    );
    assert.ok(moved.length > 0);
  });
}

Deno.test("every pass takes one optimizer step per mini-batch, whatever the micro-batch", async () => {
  for (const micro_batch_size of [null, 1]) {
    const ppo = { ...SMALL, num_ppo_epochs: 3, num_mini_batches: 2, micro_batch_size };
    const job = makeJob({ epochs: 2, ppo });
    const parts = await setUp(job);
    const seen = watchTraining(parts);
    const { steps } = await trainAll(parts, job);
    assert.deepEqual(steps.map((metrics) => metrics.optimizer_steps), [6, 6]);
    assert.equal(parts.learner.policyOptimizer.step, 12);
    assert.equal(parts.learner.critic!.optimizer.step, 12);
    assert.equal(seen.length, micro_batch_size === null ? 12 : 24);
    // Each pass sees every row once.
    const perPass = seen.length / 6;
    const passes = Array.from(
      { length: 6 },
      (_, pass) => seen.slice(pass * perPass, (pass + 1) * perPass).flat(),
    );
    for (const pass of passes) {
      assert.deepEqual(pass.map(({ rollout_id }) => rollout_id.split("-")[1]).sort(), ["0", "1", "2", "3"]);
    }
    assert.ok(passes.slice(0, 3).flat().every(({ policy_version }) => policy_version === 0));
    assert.ok(passes.slice(3).flat().every(({ policy_version }) => policy_version === 1));
  }
});

Deno.test("kl_coef 0 leaves the score, once, on the last token; advantages are GAE's", async () => {
  const ppo = {
    ...SMALL,
    kl_coef: 0,
    gamma: 1,
    lam: 1,
    whiten_advantages: false,
    learning_rate: 1e-3,
    missing_eos_penalty: 0.5,
  };
  const job = makeJob({ epochs: 2, ppo });
  const parts = await setUp(job);
  const seen = watchTraining(parts);
  const { steps } = await trainAll(parts, job);
  assert.ok(steps.every((metrics) => metrics["objective/non_score_reward"] === 0));
  for (const row of seen.flat()) {
    assert.equal(row.score, Math.fround(row.raw_score) - (row.terminated ? 0 : 0.5));
    const expected = new Float32Array(row.response_ids.length);
    expected[expected.length - 1] = row.score;
    assert.deepEqual(row.rewards, expected);
    within(row.advantages, Array.from(row.values!, (value) => row.score - value), 1e-6, "advantages");
    within(row.returns!, row.values!.map(() => row.score), 1e-6, "returns");
  }
  assert.ok(seen.flat().some(({ values }) => values!.some((value) => value !== 0)));
});

Deno.test("target_kl ends a step's updates before the one that would go further", async () => {
  const ppo = { ...SMALL, learning_rate: 0.05, lr_scheduler: "constant", max_grad_norm: null } as const;
  const free = makeJob({ ppo });
  const bounded = makeJob({ ppo: { ...ppo, target_kl: 1e-5 } });
  const { steps: [without] } = await trainAll(await setUp(free), free);
  assert.deepEqual([without!.optimizer_steps, without!.early_stop_epoch], [4, 0]);
  const parts = await setUp(bounded);
  const { steps: [metrics] } = await trainAll(parts, bounded);
  assert.deepEqual([metrics!.optimizer_steps, metrics!.early_stop_epoch], [1, 2]);
  assert.equal(parts.learner.policyOptimizer.step, 1);
});

Deno.test("the adaptive KL coefficient follows its controller from step to step", async () => {
  for (const [target, up] of [[1000, false], [1e-3, true]] as const) {
    const kl_controller = { type: "adaptive", target, horizon: 100 } as const;
    const job = makeJob({ epochs: 4, ppo: { ...SMALL, learning_rate: 0.01, kl_controller } });
    const parts = await setUp(job);
    const { steps } = await trainAll(parts, job);
    steps.slice(1).forEach((metrics, index) => {
      const { kl_coef, "objective/kl": kl } = steps[index]!;
      within([metrics.kl_coef!], [nextKlCoef(kl_controller, kl_coef!, kl!, 4)], 1e-12, "kl_coef");
    });
    const last = steps.at(-1)!;
    if (up) assert.ok(last["objective/kl"]! > 1e-3 && parts.saved.at(-1)!.state.kl_coef > last.kl_coef!);
    else assert.ok(last.kl_coef! < 0.1);
  }
});

Deno.test("a gradient that is not finite is skipped, counted and warned of, and training goes on", async () => {
  for (const kind of ["lora, separate", "full, shared"] as const) {
    const job = makeJob({ ...KINDS[kind], epochs: 3, ppo: { ...SMALL, num_ppo_epochs: 2 } });
    const parts = await setUp(job);
    const { policyOptimizer, policy } = parts.learner;
    let kept: Float32Array | undefined;
    const seen = watchTraining(parts, (microBatch) => {
      if (microBatch !== 2) return;
      kept = policy.parameters.flat.copy();
      policyOptimizer.gradients.flat.write(Float32Array.of(NaN), 5);
    });
    const original = policyOptimizer.apply.bind(policyOptimizer);
    policyOptimizer.apply = async (steps) => {
      const outcome = await original(steps);
      if (outcome.read().skipped) assert.deepEqual(policy.parameters.flat.read(), kept);
      return outcome;
    };
    const { steps, warnings } = await trainAll(parts, job);
    assert.equal(seen.length, 6);
    assert.deepEqual(steps.map((metrics) => metrics.skipped_steps), [0, 1, 0]);
    assert.deepEqual(steps.map((metrics) => metrics.optimizer_steps), [2, 1, 2]);
    assert.deepEqual(warnings.map(({ code, step }) => [code, step]), [
      ["no_signal", 1],
      ["gradient_not_finite", 2],
    ]);
    assert.equal(policyOptimizer.step, 5);
    for (const metrics of steps) assert.ok(Object.values(metrics).every(Number.isFinite));
    assert.ok(policy.parameters.flat.read().every(Number.isFinite));
  }
});

Deno.test("events come in order, and an epoch's metrics are its steps' means", async () => {
  const prompts = ["a", "b", "c", "d", "e", "f"]; // two steps an epoch, the second filled up
  const job = makeJob({ prompts, epochs: 2, ppo: SMALL });
  const parts = await setUp(job);
  const { events, steps } = await trainAll(parts, job);
  checkTraining(events, 2);
  const progress = events.flatMap((event) => event.type === "step" ? [event.progress] : []);
  assert.deepEqual(progress.map(({ step, episodes, steps }) => [step, episodes, steps]), [
    [1, 4, 4],
    [2, 8, 4],
    [3, 12, 4],
    [4, 16, 4],
  ]);
  const epoch = events.find((event) => event.type === "epoch")!;
  const mean = (name: string) => (steps[0]![name]! + steps[1]![name]!) / 2;
  within([epoch.metrics.policy_loss!], [mean("loss/policy_avg")], 1e-12, "policy_loss");
  within([epoch.metrics.kl_div!], [mean("objective/kl")], 1e-12, "kl_div");
  within([epoch.metrics.avg_reward!], [mean("objective/scores")], 1e-12, "avg_reward");
  assert.deepEqual(parts.saved.map(({ epoch, state }) => [epoch, state.step]), [[1, 2], [2, 4]]);
  assert.equal(parts.saved[1]!.state.tokens, progress[3]!.tokens);
});

Deno.test("an abort in the rollout, the reward or the update ends training with its reason", async () => {
  const reason = new UserError("cancelled", "The job was cancelled");
  const job = makeJob({ epochs: 2, ppo: SMALL });
  const places: Record<string, (abort: () => void) => Promise<Awaited<ReturnType<typeof setUp>>>> = {
    "before the first step": async (abort) => (abort(), await setUp(job)),
    "in the reward": async (abort) => {
      const reward: Scorer = {
        score: (samples) => (abort(), Promise.resolve(new Float32Array(samples.length))),
      };
      return await setUp(job, { reward });
    },
    "in the rollout": async (abort) => {
      const parts = await setUp(job);
      const original = parts.learner.policy.respond.bind(parts.learner.policy);
      parts.learner.policy.respond = (rows, options) => {
        const row = { ...rows[0]!, uniform: (t: number) => (t === 2 && abort(), rows[0]!.uniform(t)) };
        return original([row, ...rows.slice(1)], options);
      };
      return parts;
    },
    "in the update": async (abort) => {
      const parts = await setUp(job);
      watchTraining(parts, abort);
      return parts;
    },
  };
  for (const [place, make] of Object.entries(places)) {
    const controller = new AbortController();
    const parts = await make(() => controller.abort(reason));
    await assert.rejects(trainAll(parts, job, controller.signal), reason, place);
    assert.deepEqual(parts.saved, [], place);
  }
});
