/** PPO of adapters that are trained with dropout: a step's masks are the same from its rollout to its last update. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PpoJobRequest } from "../../../../core/contract/ppo_job.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { makeLearner } from "../../../../core/kinds/ppo/run.ts";
import { update } from "../../../../core/kinds/ppo/update.ts";
import { valuesOf } from "../../../../core/kinds/ppo/learner.ts";
import type { Scorer } from "../../../../core/rewards/reward_source.ts";
import { within, worst } from "../../../kernels/within.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { fixtureFolder, openBase, runtime, someTokens } from "../../networks/tiny_models.ts";
import { makeExperience } from "./make_experience.ts";
import { setUp, trainAll } from "./training.ts";

const SMALL = { max_new_tokens: 6, batch_size: 4, learning_rate: 0.02, lr_scheduler: "constant" } as const;

function dropping(
  kind: "lora, separate" | "lora, shared",
  dropout: number,
  given: Partial<PpoJobRequest> = {},
) {
  const { trainable, value } = KINDS[kind];
  return makeJob({ ...given, trainable: { ...trainable, dropout }, value });
}

for (const kind of ["lora, separate", "lora, shared"] as const) {
  Deno.test(`${kind}: each step's first ratio is 1 and clips nothing, and the first step's KL is 0`, async () => {
    for (const micro_batch_size of [null, 1]) {
      const ppo = { ...SMALL, num_ppo_epochs: 1, micro_batch_size, bootstrap_truncated: true };
      const job = dropping(kind, 0.4, { epochs: 4, ppo });
      const { steps, warnings } = await trainAll(await setUp(job), job);
      assert.equal(steps.length, 4);
      within([steps[0]!["objective/kl"]!], [0], 1e-6, "kl");
      for (const metrics of steps) {
        within([metrics["val/ratio"]!], [1], 1e-6, "ratio");
        within([metrics["policy/approxkl_avg"]!], [0], 1e-10, "approxkl");
        assert.deepEqual([metrics["policy/clipfrac_avg"], metrics["val/clipfrac_avg"]], [0, 0]);
      }
      // The policy has moved, or a ratio of 1 would say nothing.
      assert.ok(Math.abs(steps.at(-1)!["objective/kl"]!) > 1e-3);
      assert.ok(!warnings.some(({ code }) => code === "identity_violated"));
      // The sampler drops nothing.
      assert.ok(steps[0]!["rollout_gap/max_abs"]! < 1e-5 && steps.at(-1)!["rollout_gap/max_abs"]! > 1e-3);
    }
  });
}

/** A learner whose adapters are at work, and rows that it measured with the masks of step 7. */
async function atWork(kind: "lora, separate" | "lora, shared", given: Partial<PpoJobRequest> = {}) {
  const job = dropping(kind, 0.4, given);
  const learner = await makeLearner(await openBase(), job);
  const networks = [learner.policy, ...(learner.critic ? [learner.critic.network] : [])];
  networks.forEach(({ parameters }, network) =>
    parameters.names.filter((name) => name.endsWith("lora_B.weight") || name === "score.weight").forEach(
      (name, at) =>
        parameters.set(name, parameters.values(name).map((_, i) => 0.1 * Math.sin(i + 7 * at + network))),
    )
  );
  const sequences = [[5, 6], [1, 1], [9, 3], [3, 8]].map(([prompt, response], row) => ({
    prompt_ids: Int32Array.from(someTokens(2 * row, prompt!)),
    response_ids: Int32Array.from(someTokens(2 * row + 1, response!)),
    row,
  }));
  const measure = async (rows: typeof sequences, step?: number) => {
    const { logprobs } = await learner.policy.analyze(rows, { temperature: 1, step });
    const { values } = await valuesOf(learner, rows, rows.map(() => false), 1, { step });
    return { logprobs, values: values! };
  };
  return { job, learner, sequences, measure };
}

for (const kind of ["lora, separate", "lora, shared"] as const) {
  Deno.test(`${kind}: a row's masks are those of its number and step, alone and among others; without a step there are none`, async () => {
    const { sequences, measure } = await atWork(kind);
    const whole = await measure(sequences, 7);
    for (const rows of [sequences.slice(1, 2), [sequences[3]!, sequences[0]!], sequences.toReversed()]) {
      const part = await measure(rows, 7);
      rows.forEach(({ row }, at) => {
        within(part.logprobs[at]!, whole.logprobs[row]!, 1e-5, "logprobs");
        within(part.values[at]!, whole.values[row]!, 1e-5, "values");
      });
    }
    const plain = await measure(sequences);
    const unnumbered = await measure(sequences.map(({ row: _, ...rest }) => rest as typeof sequences[0]));
    const otherStep = await measure(sequences, 8);
    const otherRows = await measure(sequences.map((one) => ({ ...one, row: one.row + 4 })), 7);
    assert.deepEqual(unnumbered, plain);
    for (const other of [plain, otherStep, otherRows]) {
      for (const key of ["logprobs", "values"] as const) {
        other[key].forEach((row, at) => assert.ok(worst(row, whole[key][at]!) > 1e-3, key));
      }
    }
  });

  Deno.test(`${kind}: a row has the same masks in all PPO epochs, and loses nothing by being cut`, async () => {
    for (const micro_batch_size of [null, 1]) {
      // So slow that nothing moves: any ratio but 1 is a mask's doing.
      const ppo = {
        batch_size: 4,
        micro_batch_size,
        num_ppo_epochs: 3,
        num_mini_batches: 2,
        learning_rate: 1e-30,
      };
      const { job, learner, sequences, measure } = await atWork(kind, { ppo: { ...ppo, temperature: 1 } });
      const { logprobs, values } = await measure(sequences, 7);
      const rows = sequences.map((sequence, row) =>
        makeExperience(sequence.response_ids.length, {
          ...sequence,
          logprobs: logprobs[row]!,
          values: values[row]!,
          returns: values[row]!,
          advantages: logprobs[row]!.map(Math.sin),
        })
      );
      const slow = { ...job.value!, learning_rate: 1e-30, head_learning_rate: 1e-30 };
      const key = { seed: 0, optimizerStep: 0, optimizerSteps: 100 };
      const metrics = async (step: number) =>
        (await update(learner, rows, job.ppo, slow, { ...key, step })).metrics.finish();
      const same = await metrics(7);
      within([same["val/ratio"]!], [1], 1e-6, "ratio");
      within([same["loss/value_avg"]!, same["policy/k3_avg"]!], [0, 0], 1e-9, "value loss and KL");
      assert.equal(same["optimizer_steps"], 6);
      const other = await metrics(8);
      assert.ok(other["policy/k3_avg"]! > 1e-4 && other["loss/value_avg"]! > 1e-6);
    }
  });
}

Deno.test("a job with dropout continues from an adapter with another, and its own is what its checkpoint tells", () =>
  inFolder(async (parent) => {
    const model = fixtureFolder("qwen3");
    const adapter = join(model, "adapter"); // lora_dropout 0
    for (const base_precision of [null, "int8"] as const) {
      const job = dropping("lora, separate", 0.25, {
        adapter: "given",
        base_precision,
        epochs: 2,
        ppo: { ...SMALL, num_ppo_epochs: 1 },
      });
      const output = join(parent, String(base_precision));
      const steps = [];
      for await (
        const event of trainJob(runtime, { job, folders: { model, adapter, rewards: {}, output } })
      ) {
        assert.ok(event.type !== "warning" || event.code !== "identity_violated");
        if (event.type === "step") steps.push(event.metrics);
      }
      for (const metrics of steps) within([metrics["val/ratio"]!], [1], 1e-5, "ratio");
      const config = JSON.parse(await Deno.readTextFile(join(output, "epoch-0002", "adapter_config.json")));
      assert.equal(config.lora_dropout, 0.25);
      const manifest = JSON.parse(await Deno.readTextFile(join(output, "epoch-0002", "checkpoint.json")));
      assert.equal(manifest.facts.network.trainable.dropout, 0.25);
    }
  }));

Deno.test("estimates without a critic have the same masks too, a row of their own for each of a prompt's rollouts", async () => {
  const { trainable } = KINDS["lora, separate"];
  for (const advantage of ["grpo", "rloo"] as const) {
    const job = makeJob({
      trainable: { ...trainable, dropout: 0.4 },
      epochs: 3,
      ppo: { ...SMALL, batch_size: 2, rollouts_per_prompt: 4, advantage, num_ppo_epochs: 1 },
    });
    const reward: Scorer = {
      score: (samples) =>
        Promise.resolve(Float32Array.from(samples, ({ response_ids }) => response_ids[0]! % 7)),
    };
    const { steps } = await trainAll(await setUp(job, { reward }), job);
    within([steps[0]!["objective/kl"]!], [0], 1e-6, "kl");
    for (const metrics of steps) within([metrics["val/ratio"]!], [1], 1e-6, "ratio");
    assert.ok(Math.abs(steps.at(-1)!["objective/kl"]!) > 1e-3);
  }
});
