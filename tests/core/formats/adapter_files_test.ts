import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { moduleScale, parseAdapterConfig } from "../../../core/formats/adapter_config.ts";
import { adapterFiles, loraKeys, readAdapter } from "../../../core/formats/adapter_files.ts";
import { readCheckpoint, writeCheckpoint } from "../../../core/formats/checkpoint_folder.ts";
import { readValueHead, valueHeadFile } from "../../../core/formats/value_head_file.ts";
import { type TensorToWrite, writeSafetensors } from "../../../core/formats/write_safetensors.ts";
import { inFolder } from "../networks/in_folder.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}/adapter`, import.meta.url));
const FIXTURES = ["qwen3", "qwen2", "llama", "gpt2"];

const pair = (path: string, r = 2): Record<string, TensorToWrite> => ({
  [loraKeys(path).a]: { dtype: "F32", shape: [r, 3], data: new Float32Array(r * 3) },
  [loraKeys(path).b]: { dtype: "F32", shape: [4, r], data: new Float32Array(4 * r) },
});

Deno.test("readAdapter() reads what PEFT saved", async () => {
  const { config, modules, tensors } = await readAdapter(fixture("qwen3"));
  assert.deepEqual([config.r, config.lora_alpha, config.task_type, config.fan_in_fan_out], [
    4,
    8,
    "CAUSAL_LM",
    false,
  ]);
  assert.equal(modules.size, 3 * 7);
  assert.deepEqual(modules.get("model.layers.2.mlp.down_proj"), { r: 4, scale: 2 });
  const { a, b } = loraKeys("model.layers.0.self_attn.q_proj");
  assert.equal(a, "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight");
  assert.deepEqual([tensors[a]?.shape, tensors[b]?.shape], [[4, 48], [64, 4]]);
  assert.ok(tensors[b]!.data.some((value) => value !== 0));
  const gpt2 = await readAdapter(fixture("gpt2"));
  assert.equal(gpt2.config.fan_in_fan_out, true);
  assert.deepEqual(gpt2.tensors[loraKeys("transformer.h.0.attn.c_attn").b]?.shape, [144, 4]);
});

Deno.test("adapterFiles() written and read again is the same adapter, its weights the bytes of PEFT's file", () =>
  inFolder(async (parent) => {
    for (const name of FIXTURES) {
      const adapter = await readAdapter(fixture(name));
      const folder = join(parent, name);
      await writeCheckpoint(folder, adapterFiles(adapter.config, adapter.tensors));
      assert.deepEqual(await readAdapter(folder), adapter);
      const [ours, theirs] = await Promise.all(
        [folder, fixture(name)].map((path) => Deno.readFile(join(path, "adapter_model.safetensors"))),
      );
      assert.deepEqual(ours, theirs);
      const text = await Deno.readTextFile(join(folder, "adapter_config.json"));
      const keys = Object.keys(JSON.parse(text));
      assert.deepEqual(keys, [...keys].sort());
      assert.match(text, /^\{\n {2}"alpha_pattern": \{\},\n/);
    }
  }));

Deno.test("moduleScale() honours rank and alpha patterns and rank-stabilised factors", () => {
  const config = parseAdapterConfig({
    peft_type: "LORA",
    r: 16,
    lora_alpha: 32,
    target_modules: "all-linear",
    rank_pattern: { q_proj: 4, "layers\\.[01]\\.mlp\\.up_proj": 64 },
    alpha_pattern: { "model.layers.0.self_attn.q_proj": 8 },
    something_new: { a: 1 },
  });
  assert.deepEqual(moduleScale(config, "model.layers.3.self_attn.k_proj"), { r: 16, scale: 2 });
  assert.deepEqual(moduleScale(config, "model.layers.0.self_attn.q_proj"), { r: 4, scale: 2 });
  assert.deepEqual(moduleScale(config, "model.layers.1.self_attn.q_proj"), { r: 4, scale: 8 });
  assert.deepEqual(moduleScale(config, "model.layers.1.mlp.up_proj"), { r: 64, scale: 0.5 });
  assert.deepEqual(moduleScale({ ...config, use_rslora: true }, "model.layers.1.mlp.up_proj"), {
    r: 64,
    scale: 4,
  });
  assert.deepEqual(moduleScale(config, "model.xq_proj"), { r: 16, scale: 2 });
  // A pattern that a backtracking engine would be hung by, and one that RE2 does not know.
  const patterns = (pattern: string) =>
    parseAdapterConfig({ peft_type: "LORA", r: 16, target_modules: [], rank_pattern: { [pattern]: 4 } });
  const slow = patterns("(.*.*.*.*.*.*)*x$");
  assert.equal(moduleScale(slow, `model.${"layers.".repeat(30)}q_proj`).r, 16);
  assert.throws(() => patterns("(?=q)q_proj"), {
    code: "damaged_model",
    message: /pattern .* got "\(\?=q\)q_proj"/,
  });
});

Deno.test("parseAdapterConfig() refuses other arithmetic by name", async () => {
  const good = JSON.parse(await Deno.readTextFile(join(fixture("qwen3"), "adapter_config.json")));
  const unsupported = {
    peft_type: "IA3",
    bias: "all",
    use_dora: true,
    lora_bias: true,
    layer_replication: [[0, 2]],
    target_parameters: ["mlp.experts"],
    trainable_token_indices: [1],
    use_qalora: true,
    alora_invocation_tokens: [1],
    init_lora_weights: "pissa",
    task_type: "SEQ_2_SEQ_LM",
    r: 1e6,
  };
  const damaged = {
    r: 0,
    lora_alpha: "8",
    target_modules: [1],
    rank_pattern: { q_proj: 0.5 },
    alpha_pattern: { "(": 1 },
    use_rslora: "yes",
  };
  for (const [code, changes] of Object.entries({ unsupported_model: unsupported, damaged_model: damaged })) {
    for (const [key, value] of Object.entries(changes)) {
      assert.throws(() => parseAdapterConfig({ ...good, [key]: value }), {
        name: "UserError",
        code,
        message: new RegExp(key === "alpha_pattern" ? "pattern" : key),
      });
    }
  }
});

Deno.test("readAdapter() takes and refuses what PEFT does of a configuration, with the same factors", () =>
  inFolder(async (folder) => {
    const good = JSON.parse(await Deno.readTextFile(join(fixture("qwen3"), "adapter_config.json")));
    const path = fileURLToPath(new URL("../../fixtures/adapter-configs.json", import.meta.url));
    const rows: { changes?: Record<string, unknown>; without?: string; scale: number | null }[] = JSON.parse(
      await Deno.readTextFile(path),
    );
    await Deno.copyFile(
      join(fixture("qwen3"), "adapter_model.safetensors"),
      join(folder, "adapter_model.safetensors"),
    );
    for (const { changes = {}, without, scale } of rows) {
      const entries = Object.entries({ ...good, ...changes }).filter(([key]) => key !== without);
      await Deno.writeTextFile(
        join(folder, "adapter_config.json"),
        JSON.stringify(Object.fromEntries(entries)),
      );
      const reading = readAdapter(folder);
      const what = JSON.stringify(changes) + (without ?? "");
      if (scale === null) await assert.rejects(reading, { name: "UserError" }, what);
      else assert.equal((await reading).modules.get("model.layers.0.self_attn.q_proj")?.scale, scale, what);
    }
    await Deno.writeTextFile(
      join(folder, "adapter_config.json"),
      JSON.stringify({ ...good, lora_alpha: null }),
    );
    await assert.rejects(readAdapter(folder), {
      message: "Expected lora_alpha of adapter_config.json to be a value, or not there, got null",
    });
  }));

Deno.test("readAdapter() reads keys with the adapter's name in them, of one adapter", () =>
  inFolder(async (folder) => {
    const plain = await readAdapter(fixture("qwen3"));
    await Deno.copyFile(join(fixture("qwen3"), "adapter_config.json"), join(folder, "adapter_config.json"));
    const named = (name: string) =>
      Object.fromEntries(
        Object.entries(plain.tensors).map(([key, tensor]): [string, TensorToWrite] => [
          key.replace(/\.weight$/, name === "" ? ".weight" : `.${name}.weight`),
          { dtype: "F32", ...tensor },
        ]),
      );
    const write = (tensors: Record<string, TensorToWrite>) =>
      writeSafetensors(join(folder, "adapter_model.safetensors"), tensors);
    for (const name of ["default", "my-adapter", "weight"]) {
      await write(named(name));
      const { modules, tensors } = await readAdapter(folder);
      assert.deepEqual(modules, plain.modules);
      assert.deepEqual(tensors, plain.tensors);
    }
    for (const [other, told] of [["", "one without a name"], ["second", '"second"']] as const) {
      await write({ ...named("default"), ...named(other) });
      await assert.rejects(readAdapter(folder), (thrown: Error) => {
        assert.match(thrown.message, /holds the adapters .*: expected one/);
        return thrown.message.includes(told) && thrown.message.includes('"default"');
      });
    }
    const q = named("default");
    for (
      const key of [
        "base_model.model.lm_head.modules_to_save.default.weight",
        "base_model.model.lm_head.original_module.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.base_layer.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector.default.weight",
        "model.layers.0.self_attn.q_proj.lora_A.default.weight",
      ]
    ) {
      await write({ ...q, [key]: { dtype: "F32", shape: [1], data: new Float32Array(1) } });
      await assert.rejects(readAdapter(folder), (thrown: Error) => thrown.message.includes(key), key);
    }
  }));

Deno.test("readAdapter() refuses a pickle by its name and opens it in no case", () =>
  inFolder(async (folder) => {
    await Deno.copyFile(join(fixture("qwen3"), "adapter_config.json"), join(folder, "adapter_config.json"));
    await Deno.writeTextFile(join(folder, "adapter_model.bin"), "");
    await assert.rejects(readAdapter(folder), {
      code: "unsupported_model",
      message:
        "adapter_model.bin is a pickle, which runs what it holds: save the weights as adapter_model.safetensors",
    });
    await Deno.copyFile(
      join(fixture("qwen3"), "adapter_model.safetensors"),
      join(folder, "adapter_model.safetensors"),
    );
    assert.equal((await readAdapter(folder)).modules.size, 21);
  }));

Deno.test("readAdapter() refuses tensors that are no LoRA pairs of the stated rank", () =>
  inFolder(async (folder) => {
    const config = {
      peft_type: "LORA",
      r: 2,
      lora_alpha: 4,
      target_modules: ["q_proj"],
      modules_to_save: ["score"],
    };
    const write = (tensors: Record<string, TensorToWrite>) =>
      writeSafetensors(join(folder, "adapter_model.safetensors"), tensors);
    await assert.rejects(readAdapter(folder), { code: "damaged_model", message: /no adapter_config.json/ });
    await Deno.writeTextFile(join(folder, "adapter_config.json"), JSON.stringify(config));
    await assert.rejects(readAdapter(folder), {
      code: "damaged_model",
      message: "adapter_model.safetensors is missing",
    });
    const q = pair("model.q_proj"),
      head: TensorToWrite = { dtype: "F32", shape: [1, 2], data: new Float32Array(2) };
    await write({ ...q, "base_model.model.score.weight": head });
    assert.deepEqual([...(await readAdapter(folder)).modules.keys()], ["model.q_proj"]);
    const cases: [Record<string, TensorToWrite>, RegExp][] = [
      [{ ...q, "base_model.model.model.q_proj.lora_magnitude_vector": head }, /lora_magnitude_vector/],
      [{ ...q, "base_model.model.model.embed_tokens.lora_embedding_A": head }, /lora_embedding_A/],
      [{ ...q, "base_model.model.lm_head.weight": head }, /lm_head/],
      [
        { [loraKeys("m").a]: q[loraKeys("model.q_proj").a]! },
        /lacks tensor "base_model.model.m.lora_B.weight"/,
      ],
      [pair("model.q_proj", 3), /rank is 2, got \[3,3\] and \[4,3\]/],
      [{ "base_model.model.score.weight": head }, /no LoRA tensors/],
    ];
    for (const [tensors, message] of cases) {
      await write(tensors);
      await assert.rejects(readAdapter(folder), { name: "UserError", message });
    }
  }));

Deno.test("readValueHead() gives back what valueHeadFile() wrote, for a model of that width only", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "c");
    const head = { weight: new Float32Array([1, -2, 3]), bias: new Float32Array([0.5]) };
    await writeCheckpoint(folder, valueHeadFile(head));
    assert.deepEqual(await readValueHead(folder, 3), head);
    await assert.rejects(readValueHead(folder, 4), {
      code: "damaged_model",
      message: /score.weight .*\[1,4\], got \[1,3\]/,
    });
    await assert.rejects(readValueHead(parent, 4), {
      code: "damaged_model",
      message: "value_head.safetensors is missing",
    });
    assert.deepEqual((await readCheckpoint(folder)).files.map(({ name }) => name), [
      "value_head.safetensors",
    ]);
  }));
