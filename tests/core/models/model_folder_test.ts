import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeModel } from "../../../core/describe/describe_model.ts";
import { listModels, resolveAdapter, resolveModel } from "../../../core/models/model_folder.ts";
import { openSafetensors } from "../../../core/formats/safetensors.ts";
import { type TensorToWrite, writeSafetensors } from "../../../core/formats/write_safetensors.ts";
import { inFolder } from "../networks/in_folder.ts";

const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));

Deno.test("listModels() tells what each fixture is", async () => {
  const listed = await listModels([fixtures, "/nowhere/at/all"]);
  assert.deepEqual(listed.map(({ name }) => name), ["gpt2", "llama", "qwen2", "qwen3", "reward-qwen3"]);
  assert.ok(listed.every(({ problem }) => problem === null));
  const summaries = new Map(listed.map(({ name, summary }) => [name, summary]));
  assert.deepEqual(summaries.get("qwen3"), {
    model_type: "qwen3",
    task: "causal_lm",
    is_reward_model: false,
    parameters: 78000,
    dtype: "F32",
    bytes: 312000,
    context: 512,
    vocab_size: 320,
    has_chat_template: false,
  });
  assert.equal(summaries.get("reward-qwen3")?.is_reward_model, true);
  assert.equal(summaries.get("reward-qwen3")?.parameters, 78000 + 48);
});

Deno.test("resolveModel() finds a folder by name and says which there are", () =>
  inFolder(async (root) => {
    assert.equal(await resolveModel([root, fixtures], "qwen3"), await Deno.realPath(join(fixtures, "qwen3")));
    await assert.rejects(resolveModel([fixtures], "qwen4"), {
      code: "unknown_model",
      message: 'There is no model "qwen4": there are gpt2, llama, qwen2, qwen3, reward-qwen3',
    });
    await assert.rejects(resolveModel([root], "x"), { message: 'There is no model "x": there are none' });
    await Deno.mkdir(join(root, "qwen3"));
    await Deno.writeTextFile(join(root, "qwen3", "config.json"), "{}");
    assert.equal(await resolveModel([root, fixtures], "qwen3"), await Deno.realPath(join(root, "qwen3")));
  }));

Deno.test("resolveModel() does not leave the roots by name", () =>
  inFolder(async (folder) => {
    const root = join(folder, "root");
    await Deno.mkdir(join(root, "inside"), { recursive: true });
    await Deno.writeTextFile(join(root, "inside", "config.json"), "{}");
    await Deno.symlink(join(root, "inside"), join(root, "alias"));
    await Deno.symlink(join(root, "loop"), join(root, "loop"));
    await Deno.writeTextFile(join(folder, "config.json"), "{}");
    const names = [
      "..",
      ".",
      "",
      "../root/inside",
      "inside/",
      "/inside",
      "inside\\",
      "inside\0",
      "loop",
      "a".repeat(5000),
      "é".repeat(150),
      join(fixtures, "qwen3"),
    ];
    for (const name of names) {
      await assert.rejects(resolveModel([root], name), { code: "unknown_model" }, name);
    }
    assert.equal(await resolveModel([root], "alias"), await Deno.realPath(join(root, "inside")));
    assert.deepEqual((await listModels([root])).map(({ name }) => name), ["alias", "inside"]);
  }));

Deno.test("listModels() keeps a damaged model in the list and says what is wrong, without a path", () =>
  inFolder(async (root) => {
    await Deno.mkdir(join(root, "broken"));
    await Deno.writeTextFile(join(root, "broken", "config.json"), '{"model_type":"mamba"}');
    const [listed] = await listModels([root]);
    assert.equal(listed?.problem?.code, "unsupported_model");
    assert.match(listed!.problem!.detail, /model_type "mamba"/);
    assert.ok(!JSON.stringify(listed!.problem).includes(root));
  }));

Deno.test("describeModel() counts the parameters that transformers counts, however they are stored", async () => {
  const counts: Record<string, number> = JSON.parse(
    await Deno.readTextFile(join(fixtures, "parameters.json")),
  );
  assert.ok(Object.keys(counts).length > 10);
  for (const [name, parameters] of Object.entries(counts)) {
    assert.equal((await describeModel(join(fixtures, name))).parameters, parameters, name);
  }
});

/** A copy of a fixture whose tensors `change` may take away, add to or write otherwise. */
async function copyWith(
  folder: string,
  fixture: string,
  change: (tensors: Record<string, TensorToWrite>) => Record<string, TensorToWrite>,
  config: Record<string, unknown> = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const given = JSON.parse(await Deno.readTextFile(join(fixtures, fixture, "config.json")));
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify({ ...given, ...config }));
  const source = await openSafetensors(join(fixtures, fixture));
  const tensors: Record<string, TensorToWrite> = {};
  for (const name of source.names()) {
    tensors[name] = { dtype: "F32", shape: source.info(name).shape, data: await source.readFloat32(name) };
  }
  source.close();
  await writeSafetensors(join(folder, "model.safetensors"), change(tensors));
}

Deno.test("a tied head counts once, under whichever name its matrix is stored, and as a copy", () =>
  inFolder(async (folder) => {
    const [EMBEDDING, HEAD] = ["model.embed_tokens.weight", "lm_head.weight"];
    const tied = { tie_word_embeddings: true };
    const layouts: ((tensors: Record<string, TensorToWrite>) => Record<string, TensorToWrite>)[] = [
      ({ [HEAD]: _, ...rest }) => rest,
      ({ [EMBEDDING]: matrix, ...rest }) => ({ ...rest, [HEAD]: matrix! }),
      (tensors) => ({ ...tensors, [HEAD]: tensors[EMBEDDING]! }),
    ];
    for (const layout of layouts) {
      await copyWith(folder, "qwen3", layout, tied);
      assert.equal((await describeModel(folder)).parameters, 78000);
    }
  }));

Deno.test("describeModel() refuses what its use would refuse, by name", () =>
  inFolder(async (folder) => {
    const norm = "model.layers.1.input_layernorm.weight";
    const cases: [string, Parameters<typeof copyWith>[2], Record<string, unknown>, RegExp][] = [
      ["qwen3", ({ [norm]: _, ...rest }) => rest, {}, /no tensor 'model.layers.1.input_layernorm.weight'/],
      ["qwen3", (tensors) => tensors, { num_hidden_layers: 4 }, /no tensor 'model.layers.3/],
      [
        "qwen3",
        (tensors) => tensors,
        { vocab_size: 319 },
        /'model.embed_tokens.weight' has shape \[320,48\]/,
      ],
      [
        "qwen3",
        (tensors) => ({ ...tensors, [norm]: { dtype: "I32", shape: [48], data: new Int32Array(48) } }),
        {},
        /"model.layers.1.input_layernorm.weight" has dtype I32/,
      ],
      ["reward-qwen3", ({ "score.weight": _, ...rest }) => rest, {}, /no tensor 'score.weight'/],
      [
        "reward-qwen3",
        (tensors) => tensors,
        { id2label: { 0: "a", 1: "b" } },
        /classifier with 1 label .*got 2 labels/,
      ],
    ];
    for (const [fixture, change, config, message] of cases) {
      await copyWith(folder, fixture, change, config);
      await assert.rejects(describeModel(folder), { name: "UserError", message });
    }
    await copyWith(folder, "qwen3", (tensors) => tensors);
    for (
      const [name, message] of [
        ["tokenizer.json", /tokenizer.json is not JSON/],
        ["generation_config.json", /generation_config.json is not JSON/],
      ] as const
    ) {
      await Deno.writeTextFile(join(folder, name), "{");
      await assert.rejects(describeModel(folder), { name: "UserError", message });
      await Deno.remove(join(folder, name));
    }
    assert.equal((await describeModel(folder)).parameters, 78000);
  }));

Deno.test("a root that is a model's folder itself is found by its name, and so is what is below it", async () => {
  const root = join(fixtures, "qwen3");
  assert.deepEqual((await listModels([root])).map(({ name }) => name), ["qwen3"]);
  assert.equal(await resolveModel([root], "qwen3"), await Deno.realPath(root));
  for (const path of ["adapter", "qwen3/adapter"]) {
    assert.equal(await resolveAdapter([root], path), await Deno.realPath(join(root, "adapter")));
  }
  for (const name of ["..", "../qwen3", "fixtures", "qwen3/..", "adapter"]) {
    await assert.rejects(resolveModel([root], name), { code: "unknown_model" }, name);
  }
  await assert.rejects(resolveAdapter([root], "qwen3"), { code: "unknown_checkpoint" });
  await assert.rejects(resolveAdapter([fixtures], "fixtures/qwen3/adapter"), { code: "unknown_checkpoint" });
});

Deno.test("resolveAdapter() takes a path below a root and nothing else", async () => {
  for (const path of ["qwen3/adapter", "qwen3/adapter/", join(fixtures, "qwen3/adapter")]) {
    assert.equal(
      await resolveAdapter([fixtures], path),
      await Deno.realPath(join(fixtures, "qwen3/adapter")),
    );
  }
  for (
    const path of [
      "qwen3",
      "../fixtures/qwen3/adapter",
      "qwen3//adapter",
      "/qwen3/adapter",
      "qwen3/./adapter",
      `qwen3/${"é".repeat(150)}`,
      "",
      "/",
      fixtures,
      join(fixtures, "../tasks"),
      `${fixtures}/../fixtures/qwen3`,
    ]
  ) {
    await assert.rejects(resolveAdapter([fixtures], path), { code: "unknown_checkpoint" }, path);
  }
});
