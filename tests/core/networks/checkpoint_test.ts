/** Checkpoints: what is saved is what is loaded, in layouts that others read, and damage is named. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { makeLearner as learnerOf } from "../../../core/kinds/ppo/run.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { readCheckpoint, writeCheckpoint } from "../../../core/formats/checkpoint_folder.ts";
import { loadCheckpoint, saveCheckpoint } from "../../../core/networks/checkpoint.ts";
import { loadAdapter } from "../../../core/weights/load_adapter.ts";
import { ParameterSet } from "../../../core/weights/parameter_set.ts";
import { Policy } from "../../../core/networks/policy.ts";
import { openSafetensors, openSafetensorsFile } from "../../../core/formats/safetensors.ts";
import { writeSafetensors } from "../../../core/formats/write_safetensors.ts";
import { accumulate, applyUpdate, type Learner } from "../../../core/kinds/ppo/learner.ts";
import { tokenCount } from "../../../core/train/minibatches.ts";
import { inFolder } from "./in_folder.ts";
import { KINDS, makeJob, makeLearner, measuredRows } from "./make_learner.ts";
import { fixtureFolder, openBase, runtime } from "./tiny_models.ts";

const PPO = { learning_rate: 1e-3, lr_scheduler: "constant" } as const;

/** A learner that has moved from its start, saved in `parent`. */
async function trained(parent: string, kind: keyof typeof KINDS, model = "qwen3") {
  const base = await openBase(model);
  const job = makeJob({ ...KINDS[kind], ppo: PPO });
  const learner = await makeLearner(base, job);
  for (let step = 0; step < 3; step++) {
    const rows = await measuredRows(learner, 1);
    using _stats = await accumulate(learner, rows, job.ppo, {
      tokenWeight: () => 1 / tokenCount(rows),
      first: true,
    });
    using _outcome = await applyUpdate(learner, job.ppo, job.value, { factor: 1, trainPolicy: true });
  }
  const folder = join(parent, "epoch-0001");
  await save(folder, base, learner, job);
  return { base, job, learner, folder };
}

function save(folder: string, base: BaseModel, { policy, critic }: Learner, job: ReturnType<typeof makeJob>) {
  const networks = {
    ...{ base, tuning: policy.tuning, policy: policy.parameters },
    critic: critic?.network.parameters ?? null,
  };
  return saveCheckpoint(folder, networks, { trainable: job.trainable, value: job.value }, {
    model: "fixture",
  });
}

function measures(rows: Awaited<ReturnType<typeof measuredRows>>) {
  return rows.map(({ logprobs, values }) => ({ logprobs, values }));
}

const FILES: Record<keyof typeof KINDS, string[]> = {
  "lora, separate": [
    "adapter_config.json",
    "adapter_model.safetensors",
    "value_adapter.safetensors",
    "value_head.safetensors",
  ],
  "lora, shared": ["adapter_config.json", "adapter_model.safetensors", "value_head.safetensors"],
  "full, separate": [
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "value_adapter.safetensors",
    "value_head.safetensors",
  ],
  "full, shared": [
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "value_head.safetensors",
  ],
};

for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
  Deno.test(`${kind}: a loaded checkpoint has the saved logprobs and values, and saves the same bytes`, () =>
    inFolder(async (parent) => {
      const { base, job, learner, folder } = await trained(parent, kind);
      const expected = measures(await measuredRows(learner, 1));
      assert.ok(expected.every(({ values }) => values!.every((value) => value !== 0)));
      const loaded = await learnerOf(await openBase(), job, { checkpoint: folder });
      assert.deepEqual(measures(await measuredRows(loaded, 1)), expected);
      const files = await save(join(parent, "again"), base, loaded, job);
      assert.deepEqual(files.map(({ name }) => name), FILES[kind]);
      for (const name of [...FILES[kind], "checkpoint.json"]) {
        assert.deepEqual(
          await Deno.readFile(join(parent, "again", name)),
          await Deno.readFile(join(folder, name)),
          name,
        );
      }
    }));
}

Deno.test("the adapter of a checkpoint is a PEFT adapter: loadAdapter() reads it with the same logprobs", () =>
  inFolder(async (parent) => {
    const { learner, folder } = await trained(parent, "lora, shared");
    const base = await openBase();
    const { tuning, parameters } = await loadAdapter(base, folder, { head: false });
    const policy = new Policy(base, tuning, parameters, { reference: "base", shared: false });
    const rows = await measuredRows(learner, 1);
    const { logprobs } = await policy.analyze(rows, { temperature: 1 });
    assert.deepEqual(logprobs, rows.map((row) => row.logprobs));
    const config = JSON.parse(await Deno.readTextFile(join(folder, "adapter_config.json")));
    assert.deepEqual([config.peft_type, config.task_type, config.r, config.lora_alpha], [
      "LORA",
      "CAUSAL_LM",
      4,
      8,
    ]);
    assert.ok(!String(config.base_model_name_or_path).includes("/"));
  }));

Deno.test("a checkpoint of full fine-tuning is a model folder with the trained weights", () =>
  inFolder(async (parent) => {
    const { learner, folder } = await trained(parent, "full, shared");
    const base = await BaseModel.open(runtime, folder);
    const bare = new Policy(base, { type: "none" }, new ParameterSet(runtime, []), {
      reference: "base",
      shared: false,
    });
    const rows = await measuredRows(learner, 1);
    const { logprobs } = await bare.analyze(rows, { temperature: 1 });
    logprobs.forEach((row, index) => {
      row.forEach((logprob, t) => assert.ok(Math.abs(logprob - rows[index]!.logprobs[t]!) < 1e-5));
    });
  }));

Deno.test("gpt2: a checkpoint's adapter says how its base's weights lie, and full weights have transformers' names", () =>
  inFolder(async (parent) => {
    for (const kind of ["lora, separate", "full, shared"] as const) {
      const { job, learner, folder } = await trained(await Deno.makeTempDir({ dir: parent }), kind, "gpt2");
      const expected = measures(await measuredRows(learner, 1));
      const loaded = await learnerOf(await openBase("gpt2"), job, { checkpoint: folder });
      assert.deepEqual(measures(await measuredRows(loaded, 1)), expected);
      if (kind === "lora, separate") {
        const config = JSON.parse(await Deno.readTextFile(join(folder, "adapter_config.json")));
        assert.deepEqual([config.fan_in_fan_out, config.target_modules], [true, [
          "c_attn",
          "c_fc",
          "c_proj",
        ]]);
      } else {
        const [ours, theirs] = await Promise.all([folder, fixtureFolder("gpt2")].map(openSafetensors));
        const facts = (source: typeof ours) =>
          source!.names().map((name) => [name, source!.info(name).shape]);
        assert.deepEqual(facts(ours), facts(theirs));
        [ours, theirs].forEach((source) => source!.close());
      }
    }
  }));

for (const name of ["qwen3", "gpt2"]) {
  Deno.test(`${name}: PEFT's adapter, loaded and saved as a checkpoint, is PEFT's file again`, () =>
    inFolder(async (parent) => {
      const base = await openBase(name);
      const adapter = join(fixtureFolder(name), "adapter");
      const { tuning, parameters } = await loadAdapter(base, adapter, { head: false });
      const folder = join(parent, "again");
      const trainable = { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" } as const;
      await saveCheckpoint(
        folder,
        { base, tuning, policy: parameters, critic: null },
        { trainable, value: null },
        { model: "acme--tiny" },
      );
      const [ours, theirs] = await Promise.all(
        [folder, adapter].map((path) => Deno.readFile(join(path, "adapter_model.safetensors"))),
      );
      assert.deepEqual(ours, theirs);
      const config = JSON.parse(await Deno.readTextFile(join(folder, "adapter_config.json")));
      assert.equal(config.base_model_name_or_path, "acme/tiny");
      const [written, peft] = await Promise.all(
        [folder, adapter].map(async (path) =>
          JSON.parse(await Deno.readTextFile(join(path, "adapter_config.json")))
        ),
      );
      // What differs says where the base was, and in what order PEFT was told of the targets.
      const free = ["base_model_name_or_path", "target_modules"];
      for (const key of Object.keys(written).filter((key) => !free.includes(key))) {
        assert.deepEqual(written[key], peft[key], key);
      }
      assert.deepEqual(written.target_modules, peft.target_modules.toSorted());
    }));
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await Deno.copyFile(join(from, name), join(to, name));
}

/** Lists a checkpoint's files as they are now. */
async function relist(folder: string): Promise<void> {
  const { files, facts } = await readCheckpoint(folder, { verify: false });
  const contents = await Promise.all(
    files.map(async ({ name }) => [name, [await Deno.readFile(join(folder, name))]] as const),
  );
  await writeCheckpoint(folder, Object.fromEntries(contents), facts);
}

for (const kind of ["lora, separate", "full, shared"] as const) {
  Deno.test(`${kind}: a truncated or missing file of a checkpoint is damaged_checkpoint, by name`, () =>
    inFolder(async (parent) => {
      const { folder } = await trained(parent, kind);
      const base = await openBase();
      const needed = FILES[kind].filter((name) => /^adapter|^value|^model/.test(name));
      for (const name of [...needed, "checkpoint.json"]) {
        for (const damage of ["missing", "truncated"] as const) {
          const damaged = join(parent, `${damage}-${name}`);
          await copy(folder, damaged);
          const path = join(damaged, name);
          if (damage === "missing") await Deno.remove(path);
          else await Deno.truncate(path, Math.floor((await Deno.stat(path)).size * 0.7));
          await assert.rejects(
            loadCheckpoint(base, damaged),
            { name: "UserError", code: "damaged_checkpoint", message: new RegExp(name.split(".")[0]!) },
            `${damage} ${name}`,
          );
        }
      }
    }));
}

Deno.test("weights or adapters of another shape are damaged_checkpoint", () =>
  inFolder(async (parent) => {
    const base = await openBase();
    for (const kind of ["lora, separate", "full, shared"] as const) {
      const { folder } = await trained(await Deno.makeTempDir({ dir: parent }), kind);
      for (const file of FILES[kind].filter((name) => /^(adapter|value|model).*safetensors$/.test(name))) {
        const source = await openSafetensorsFile(join(folder, file));
        const tensors = Object.fromEntries(
          await Promise.all(
            source.names().map(async (name, index) => {
              const shape = source.info(name).shape;
              const data = await source.readFloat32(name);
              // The first tensor loses its last row.
              const rows = index === 0 ? shape[0]! - 1 : shape[0]!;
              const part = data.slice(0, data.length / shape[0]! * rows);
              return [name, { dtype: "F32" as const, shape: [rows, ...shape.slice(1)], data: part }];
            }),
          ),
        );
        source.close();
        const damaged = join(parent, `${kind}-${file}`);
        await copy(folder, damaged);
        await writeSafetensors(join(damaged, file), tensors, { format: "pt" });
        await relist(damaged);
        await assert.rejects(
          loadCheckpoint(base, damaged),
          { name: "UserError", code: "damaged_checkpoint" },
          file,
        );
      }
    }
  }));
