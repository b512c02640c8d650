/** Jobs of all kinds that train some layers: what they write, what reads it, and what is asked of the field. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { frozenLayers } from "../../../kernels/models/trained_layers.ts";
import type { PpoJobRequest } from "../../../core/contract/ppo_job.ts";
import { rewardModelJobSchema } from "../../../core/contract/reward_model_job.ts";
import { sftJobSchema } from "../../../core/contract/sft_job.ts";
import { UserError } from "../../../core/errors.ts";
import { readAdapter } from "../../../core/formats/adapter_files.ts";
import { openSafetensors } from "../../../core/formats/safetensors.ts";
import type { EngineJob } from "../../../core/kinds/kinds.ts";
import { planJob } from "../../../core/kinds/plan_job.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { loadCheckpoint } from "../../../core/networks/checkpoint.ts";
import { loadPolicy } from "../../../core/networks/load_policy.ts";
import { MergedWeights } from "../../../core/networks/merged_weights.ts";
import { loadRewardCheckpoint } from "../../../core/networks/reward_checkpoint.ts";
import { RewardModel } from "../../../core/networks/reward_model.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { within } from "../../kernels/within.ts";
import { inFolder } from "../networks/in_folder.ts";
import { makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, openBase, runtime, someTokens } from "../networks/tiny_models.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
const LORA = { type: "lora", r: 4, alpha: 8 } as const;
const PPO = { batch_size: 4, max_new_tokens: 6, learning_rate: 0.01, num_ppo_epochs: 2 } as const;
const EXAMPLES = ["The quick", "TL;DR: my", "I have", "Write a"].map((prompt) => ({
  prompt,
  completion: " cat sat",
}));

/** Trains to the end; the last checkpoint's folder. */
async function trained(job: EngineJob, output: string, more: object = {}): Promise<string> {
  let folder = "";
  for await (const event of trainJob(runtime, { job, folders: { ...FOLDERS, ...more, output } })) {
    if (event.type === "checkpoint") folder = event.folder;
    assert.ok(event.type !== "warning" || event.code !== "identity_violated", JSON.stringify(event));
  }
  return folder;
}

function sft(trainable: object) {
  const sft = { batch_size: 2, learning_rate: 0.01 };
  return sftJobSchema.parse({ kind: "sft", model: "fixture", examples: EXAMPLES, sft, trainable, epochs: 2 });
}

const SEQUENCES = [{ prompt_ids: someTokens(1, 5), response_ids: someTokens(2, 6) }];

Deno.test("sft of some layers writes PEFT's layers_to_transform; what goes on from there begins above the same layers", () =>
  inFolder(async (parent) => {
    const first = await trained(sft({ ...LORA, layers: { last: 1 } }), join(parent, "sft"));
    const adapter = await readAdapter(first);
    assert.deepEqual(adapter.config.layers_to_transform, [2]);
    assert.ok([...adapter.modules.keys()].every((module) => module.startsWith("model.layers.2.")));
    assert.equal(adapter.modules.size, 7);

    const job = makeJob({ adapter: "given", trainable: LORA, ppo: PPO });
    const { plan } = await planJob(job, { ...FOLDERS, adapter: first });
    assert.ok(plan.estimate.memory!.hidden_states! > 0);
    const second = await trained(job, join(parent, "ppo"), { adapter: first });
    const { config, tensors } = await readAdapter(second);
    assert.deepEqual(config.layers_to_transform, [2]);
    assert.deepEqual(Object.keys(tensors).sort(), Object.keys(adapter.tensors).sort());
    const base = await openBase();
    const { tuning } = await loadCheckpoint(base, second);
    assert.equal(frozenLayers(base.config, tuning), 2);
  }));

Deno.test("adapters on all layers, on one, and on layers that differ are told PEFT apart", () =>
  inFolder(async (parent) => {
    const config = async (name: string, trainable: object) =>
      (await readAdapter(await trained(sft(trainable), join(parent, name)))).config;
    const all = await config("all", { ...LORA, layers: [2, 0, 1] });
    assert.deepEqual([all.layers_to_transform, all.target_modules.length], [null, 7]);
    const some = await config("some", { ...LORA, layers: [0, 2], target_modules: ["q_proj"] });
    assert.deepEqual([some.layers_to_transform, some.target_modules], [[0, 2], ["q_proj"]]);
  }));

Deno.test("sft of all weights of some layers changes those and no others, and its checkpoint is a whole model", () =>
  inFolder(async (parent) => {
    const folder = await trained(sft({ type: "full", layers: [1] }), join(parent, "full"));
    const [before, after] = [await openSafetensors(FOLDERS.model), await openSafetensors(folder)];
    try {
      assert.deepEqual(
        after.names().filter((name) => name !== "lm_head.weight").sort(),
        before.names().filter((name) => name !== "lm_head.weight").sort(),
      );
      for (const name of after.names()) {
        const [was, is] = [await before.readFloat32(name), await after.readFloat32(name)];
        assert.equal(was.some((value, i) => value !== is[i]), name.startsWith("model.layers.1."), name);
      }
    } finally {
      before.close();
      after.close();
    }
    const base = await openBase();
    const policy = await loadPolicy(base, { checkpoint: folder });
    const asModel = await loadPolicy(await BaseModel.open(runtime, folder), {});
    const [ours, plain] = [
      await policy.analyze(SEQUENCES, { temperature: 1 }),
      await asModel.analyze(SEQUENCES, { temperature: 1 }),
    ];
    within(ours.logprobs[0]!, plain.logprobs[0]!, 1e-5, "as a checkpoint and as a model");
    using merged = await MergedWeights.open(base, folder);
    const written = await openSafetensors(folder);
    for (const name of Object.keys(merged.shapes)) {
      if (written.has(name)) assert.deepEqual(await merged.read(name), await written.readFloat32(name), name);
    }
    written.close();
  }));

Deno.test("reward models of some layers score alike as they are trained and as they are read, LoRA and all weights", () =>
  inFolder(async (parent) => {
    for (
      const [name, trainable] of Object.entries({
        lora: { ...LORA, layers: { last: 1 } },
        full: { type: "full", layers: { last: 1 } },
      })
    ) {
      const job = rewardModelJobSchema.parse({
        kind: "reward_model",
        model: "fixture",
        preferences: EXAMPLES.map(({ prompt }) => ({ prompt, chosen: " a cat", rejected: " b" })),
        reward_model: { batch_size: 2, learning_rate: 0.01 },
        trainable,
        epochs: 2,
      });
      const folder = await trained(job, join(parent, name));
      const base = await openBase();
      const read = await loadRewardCheckpoint(base, folder);
      assert.equal(frozenLayers(base.config, read.tuning), 2);
      const model = new RewardModel(base, read);
      const [score] = await model.score([someTokens(1, 9)]);
      assert.ok(Number.isFinite(score) && score !== 0);
      if (name === "lora") continue;
      const source = await openSafetensors(folder);
      assert.ok(source.has("score.weight") && source.has("model.embed_tokens.weight"));
      source.close();
    }
  }));

Deno.test("layers that the model does not have, and others than an adapter's, are refused by their field", async () => {
  const refused = async (given: Partial<PpoJobRequest>, folders: object = {}) => {
    const job = makeJob({ trainable: LORA, ...given });
    return await planJob(job, { ...FOLDERS, ...folders }).then(
      () => "nothing",
      (thrown) => thrown instanceof UserError ? thrown.message : String(thrown),
    );
  };
  assert.match(
    await refused({ trainable: { ...LORA, layers: { last: 4 } } }),
    /^trainable\.layers\.last: .*at most 3/,
  );
  assert.match(
    await refused({ trainable: { ...LORA, layers: [0, 3] } }),
    /^trainable\.layers\.1: .*at most 2.*got 3/,
  );
  assert.match(await refused({ value: { type: "separate", layers: { last: 9 } } }), /^value\.layers\.last: /);
  const adapter = join(FOLDERS.model, "adapter");
  const { r, lora_alpha: alpha } = (await readAdapter(adapter)).config;
  const given = (
    layers: { last: number },
  ) => ({ adapter: "given", trainable: { type: "lora", r, alpha, layers } } as const);
  assert.match(await refused(given({ last: 1 }), { adapter }), /^trainable\.layers: .*0,1,2.*got 2/);
  assert.equal(await refused(given({ last: 3 }), { adapter }), "nothing");
});

Deno.test("an estimate counts what is trained, what is kept and what is left out", async () => {
  const estimate = async (given: Partial<PpoJobRequest>) => {
    const { plan } = await planJob(makeJob({ ppo: PPO, ...given }), FOLDERS);
    return { ...plan.estimate, trained: plan.trainable_parameters };
  };
  const last = { ...LORA, layers: { last: 1 } } as const;
  const critic = { type: "separate", r: 4, alpha: 8 } as const;
  const all = await estimate({ trainable: LORA, value: critic });
  const some = await estimate({ trainable: last, value: critic });
  const anew = await estimate({ trainable: last, value: critic, ppo: { ...PPO, trunk_cache: false } });
  const two = await estimate({ trainable: last, value: { ...critic, layers: { last: 2 } } });
  assert.ok(Math.abs(some.trained / all.trained - 1 / 3) < 0.01);
  assert.ok(some.memory!.trained! < 0.4 * all.memory!.trained!);
  assert.ok(some.step_flops! < 0.8 * all.step_flops! && some.step_flops! < 0.9 * anew.step_flops!);
  assert.deepEqual([all.memory!.hidden_states, anew.memory!.hidden_states], [0, 0]);
  assert.equal(two.memory!.hidden_states, 2 * some.memory!.hidden_states!);
});
