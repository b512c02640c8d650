/** What a check says of a job: a plan for a good one, the field and what would be right for a bad one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import type { JobFolders } from "../../../../core/contract/protocol.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { UserError } from "../../../../core/errors.ts";
import type { PpoJobRequest } from "../../../../core/contract/ppo_job.ts";
import { writeRandomModel } from "../../../../tasks/random_model.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { allRows } from "../../train/all_rows.ts";
import { writeClassifier } from "../../rewards/classifier_folder.ts";
import { copyModel, editConfig, editWeights } from "../../serve/model_copies.ts";

const QWEN3: JobFolders = { model: fixtureFolder("qwen3"), rewards: {} };

function plan(given: Partial<PpoJobRequest> = {}, folders = QWEN3) {
  return planJob(makeJob(given), folders);
}

/** Fails unless planning is refused with this code at this path; gives the error. */
async function refused(
  work: Promise<unknown>,
  code: string,
  path: string,
  message: RegExp,
): Promise<UserError> {
  const thrown = await work.then(() => assert.fail(`Expected ${code} at ${path}`), (error) => error);
  assert.ok(thrown instanceof UserError, String(thrown?.stack ?? thrown));
  assert.deepEqual([thrown.code, thrown.errors[0]?.path], [code, path], thrown.message);
  assert.match(thrown.message, message);
  assert.ok(!thrown.message.includes("/"), `no path of the machine: ${thrown.message}`);
  return thrown;
}

Deno.test("planJob() counts steps, tokens and parameters", async () => {
  const { plan: made, work: { prompts } } = await plan({
    prompts: ["a", "The quick brown fox", "bb"],
    epochs: 3,
    ppo: { batch_size: 2 },
  });
  assert.deepEqual([made.steps, made.steps_per_epoch], [6, 2]);
  const lengths = allRows(prompts).map(({ ids }) => ids.length);
  assert.deepEqual(made.prompt_tokens, {
    min: Math.min(...lengths),
    mean: lengths.reduce((a, b) => a + b) / 3,
    max: Math.max(...lengths),
  });
  const base = 320 * 48 + 3 * (2 * 48 + 2 * 16 + 48 * (64 + 2 * 32) + 64 * 48 + 3 * 48 * 80) + 48;
  assert.equal(made.base_parameters, base);
  const lora = (r: number) => 3 * r * ((48 + 64) + 2 * (48 + 32) + (64 + 48) + 3 * (48 + 80));
  assert.equal(made.trainable_parameters, lora(16) * 2 + 49);
  const head = 49;
  const { plan: full } = await plan({ trainable: { type: "full" }, value: { type: "shared" } });
  assert.equal(full.trainable_parameters, base + head);
  const { plan: some } = await plan({
    trainable: { type: "lora", r: 2, target_modules: ["q_proj"] },
    value: { type: "shared" },
  });
  assert.equal(some.trainable_parameters, 3 * 2 * (48 + 64) + head);
});

Deno.test("the memory estimate is positive and grows with batch, length and what is trained", async () => {
  const estimate = async (given: Partial<PpoJobRequest>) => (await plan(given)).plan.estimate.memory_bytes;
  const grows = async (...jobs: Partial<PpoJobRequest>[]) => {
    const bytes = await Promise.all(jobs.map(estimate));
    bytes.forEach((value, index) => assert.ok(value > (bytes[index - 1] ?? 0), `${bytes}`));
  };
  await grows(...[1, 4, 16, 256].map((batch_size) => ({ ppo: { batch_size } })));
  await grows(...[1, 50, 400].map((max_new_tokens) => ({ ppo: { max_new_tokens } })));
  await grows({ trainable: { type: "lora", r: 2 } }, { trainable: { type: "full" } });
});

Deno.test("a model too wide for sums of 8-bit products is refused by the linear's name", () =>
  inFolder(async (parent) => {
    const model = join(parent, "wide");
    const config = {
      model_type: "llama",
      vocab_size: 8,
      hidden_size: 4,
      intermediate_size: 66_312,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      max_position_embeddings: 64,
    };
    await writeRandomModel(model, config, { classifier: false, seed: 0 });
    for (const path of ["base_precision", "rollout_precision"] as const) {
      const planned = planJob(makeJob({ [path]: "int8" }), { model, rewards: {} });
      await refused(
        planned,
        "invalid_request",
        path,
        /'model\.layers\.0\.mlp\.gate_proj' .* wider than the 66311/,
      );
    }
  }));

Deno.test("a job is held against what the machine has in all, or against what is free of it", async () => {
  const machine = { total: 1e9, available: 1e8 };
  const options = { threads: 2, target: "cpu" as const, machine, within: "total" as const };
  const { plan: made } = await planJob(makeJob(), QWEN3, options);
  assert.deepEqual([made.estimate.machine_bytes, made.estimate.available_bytes], [1e9, 1e8]);
  await refused(
    planJob(makeJob(), QWEN3, { ...options, within: "available" }),
    "job_too_large",
    "model",
    /needs about .* there are 0.10 GB/,
  );
});

Deno.test("planJob() prepares texts, messages and their answers", async () => {
  const { work: { prompts } } = await plan({ prompts: ["The", { text: "quick", answer: "fox" }] });
  assert.deepEqual(allRows(prompts).map(({ text, answer }) => [text, answer]), [["The", undefined], [
    "quick",
    "fox",
  ]]);
  assert.ok(allRows(prompts).every(({ ids }) => ids instanceof Int32Array && ids.length > 0));
});

Deno.test("bad fields of a job are refused by path", async () => {
  const long = "word ".repeat(600);
  await refused(plan({ prompts: ["a", long] }), "prompt_too_long", "prompts.1", /context of 512/);
  await refused(plan({ ppo: { max_new_tokens: 512 } }), "prompt_too_long", "prompts.0", /512/);
  await refused(
    plan({ ppo: { stop_token_ids: [5, 320] } }),
    "invalid_token_id",
    "ppo.stop_token_ids.1",
    /vocabulary of 320, got 320/,
  );
  for (const target_modules of [["nope"], ["q_proj", "nope"]]) {
    for (const value of [{ type: "shared" }, { type: "separate" }] as const) {
      await refused(
        plan({ trainable: { type: "lora", target_modules }, value }),
        "invalid_request",
        "trainable.target_modules",
        /q_proj, .*'nope'/,
      );
    }
    await refused(
      plan({ value: { type: "separate", target_modules } }),
      "invalid_request",
      "value.target_modules",
      /'nope'/,
    );
  }
  const messages = [{ role: "user" as const, content: "hello" }];
  await refused(
    plan({ prompts: ["a", { messages }] }),
    "invalid_request",
    "prompts.1.messages",
    /^prompts.1.messages: .*no chat template/,
  );
  const reward = { type: "sum", terms: [{ weight: 1, reward: { type: "model", model: "rm" } }] } as const;
  await refused(plan({ reward: { ...reward, terms: [...reward.terms] } }), "unknown_model", "reward", /'rm'/);
});

Deno.test("models that cannot be trained are refused as the field they are", () =>
  inFolder(async (parent) => {
    const model = (folder: string) => plan({}, { model: folder, rewards: {} });
    await refused(model(fixtureFolder("reward-qwen3")), "unsupported_model", "model", /language model/);
    await refused(model(join(parent, "nowhere")), "damaged_model", "model", /config.json/);
    let copies = 0;
    const damaged = async (damage: (folder: string) => Promise<void>) => {
      const folder = await copyModel("qwen3", join(parent, String(copies++)));
      await damage(folder);
      return model(folder);
    };
    const architecture = damaged((folder) =>
      editConfig(folder, { model_type: "mamba", architectures: ["MambaForCausalLM"] })
    );
    await refused(architecture, "unsupported_model", "model", /mamba/);
    const weights = (folder: string) => join(folder, "model.safetensors");
    await refused(
      damaged((folder) => Deno.remove(weights(folder))),
      "damaged_model",
      "model",
      /model.safetensors/,
    );
    const cut = damaged((folder) => Deno.truncate(weights(folder), 50_000));
    await refused(cut, "damaged_model", "model", /model.safetensors/);
    const norm = "model.layers.1.self_attn.q_norm.weight";
    const lost = damaged((folder) => editWeights(folder, norm, "drop"));
    await refused(lost, "damaged_model", "model", /no tensor 'model.layers.1.self_attn.q_norm.weight'/);
    const misshapen = damaged((folder) =>
      editWeights(folder, "model.layers.0.mlp.up_proj.weight", { rows: 79 })
    );
    await refused(misshapen, "damaged_model", "model", /shape \[79,48\].*\[80,48\]/);
    const mute = damaged((folder) => Deno.remove(join(folder, "tokenizer.json")));
    await refused(mute, "damaged_model", "model", /tokenizer.json/);
  }));

Deno.test("a ready classifier's weights are in the estimate, once however often it is named", () =>
  inFolder(async (folder) => {
    await writeClassifier(folder, { external: true });
    const part = (label: string) => ({ type: "classifier", model: "c", label }) as const;
    const estimate = async (reward: PpoJobRequest["reward"]) =>
      (await plan({ reward }, { ...QWEN3, classifiers: { c: folder } })).plan.estimate.memory.reward_models;
    let bytes = 0;
    for (const name of ["model.onnx", "model.onnx_data"]) {
      bytes += (await Deno.stat(join(folder, "onnx", name))).size;
    }
    assert.equal(await estimate(part("L0")), bytes);
    const terms = ["L0", "L1"].map((label) => ({ name: label, reward: part(label) }));
    assert.equal(await estimate({ type: "sum", terms }), bytes);
  }));

Deno.test("reward models that cannot score are refused as the reward's fault", () =>
  inFolder(async (parent) => {
    const reward = { type: "model", model: "rm" } as const;
    const withReward = (folder: string) => plan({ reward }, { ...QWEN3, rewards: { rm: folder } });
    assert.ok(await withReward(fixtureFolder("reward-qwen3")));
    await refused(withReward(fixtureFolder("qwen3")), "unsupported_model", "reward", /sequence classifier/);
    await refused(withReward(join(parent, "nowhere")), "damaged_model", "reward", /config.json/);
    const labels = await copyModel("reward-qwen3", join(parent, "labels"));
    await editConfig(labels, { num_labels: 2, id2label: { 0: "a", 1: "b" } });
    await refused(withReward(labels), "unsupported_model", "reward", /1 label/);
    const headless = await copyModel("reward-qwen3", join(parent, "headless"));
    await editWeights(headless, "score.weight", "drop");
    await refused(withReward(headless), "damaged_model", "reward", /score.weight/);
    const mute = await copyModel("reward-qwen3", join(parent, "mute"), ["tokenizer.json"]);
    await refused(withReward(mute), "damaged_model", "reward", /tokenizer.json/);
  }));

Deno.test("a job that goes on from a checkpoint must have its model, layout and files", () =>
  inFolder(async (parent) => {
    const given = { ...KINDS["lora, separate"], prompts: ["a"], ppo: { max_new_tokens: 2, batch_size: 1 } };
    const folders = { ...QWEN3, output: parent };
    for await (const _ of trainJob(runtime, { job: makeJob(given), folders }));
    const checkpoint = join(parent, "epoch-0001");
    const from = (more: Partial<PpoJobRequest>) =>
      plan({ ...given, checkpoint: "ckpt", ...more }, { ...QWEN3, checkpoint });
    assert.ok(await from({}));
    assert.ok(await from({ value: { ...given.value, learning_rate: 1e-3 } }), "rates may change");
    const { trainable, value } = given;
    await refused(from({ trainable: { ...trainable, r: 8 } }), "invalid_request", "trainable", /r 4, .*r 8/);
    await refused(from({ trainable: { type: "full" } }), "invalid_request", "trainable", /lora of r 4.*full/);
    const fewer = { ...trainable, target_modules: ["q_proj"] };
    await refused(from({ trainable: fewer }), "invalid_request", "trainable", /all-linear.*q_proj/);
    await refused(from({ value: { ...value, r: 8 } }), "invalid_request", "value", /r 4, .*r 8/);
    await refused(from({ value: { type: "shared" } }), "invalid_request", "value", /shared/);
    await refused(
      from({ model: "other" }),
      "invalid_request",
      "checkpoint",
      /'other', got one of 'fixture'/,
    );
    await Deno.truncate(join(checkpoint, "value_head.safetensors"), 100);
    await refused(from({}), "damaged_checkpoint", "checkpoint", /value_head.safetensors/);
  }));
