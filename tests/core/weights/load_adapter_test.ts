import assert from "node:assert/strict";
import { join } from "node:path";
import { loadAdapter } from "../../../core/weights/load_adapter.ts";
import { adapterFiles, loraKeys, readAdapter } from "../../../core/formats/adapter_files.ts";
import { writeFileAtomic } from "../../../core/formats/atomic_file.ts";
import { inFolder } from "../networks/in_folder.ts";
import { fixtureFolder, openBase } from "../networks/tiny_models.ts";

Deno.test("loadAdapter() lays an adapter out as its graphs want it, with a head at zero if asked", async () => {
  const base = await openBase();
  const folder = join(fixtureFolder("qwen3"), "adapter");
  const { tuning, parameters } = await loadAdapter(base, folder, { head: true });
  assert.equal(tuning.adapter.size, 21);
  assert.deepEqual([...tuning.adapter.values()][0], { r: 4, scale: 2 });
  assert.deepEqual(parameters.groups.map(({ name }) => name), ["adapter", "head", "head_bias"]);
  assert.ok(parameters.values("score.weight").every((value) => value === 0));
  assert.ok(parameters.values("model.layers.2.mlp.down_proj.lora_B.weight").some((value) => value !== 0));
});

Deno.test("loadAdapter() refuses an adapter of other layers, of other sizes, cut short or missing", () =>
  inFolder(async (parent) => {
    const base = await openBase();
    const refused = (folder: string, message: RegExp) =>
      assert.rejects(loadAdapter(base, folder, { head: false }), { code: "damaged_model", message });
    await refused(join(fixtureFolder("gpt2"), "adapter"), /layer '.*c_attn', which the model does not have/);
    // Qwen2's heads are narrower.
    await refused(
      join(fixtureFolder("qwen2"), "adapter"),
      /k_proj.lora_B.weight' is \[24,4\]: the model needs \[32,4\]/,
    );
    await refused(join(parent, "nowhere"), /adapter_config.json/);
    const cut = join(parent, "cut");
    await Deno.mkdir(cut);
    for (const name of ["adapter_config.json", "adapter_model.safetensors"]) {
      await Deno.copyFile(join(fixtureFolder("qwen3"), "adapter", name), join(cut, name));
    }
    await Deno.truncate(join(cut, "adapter_model.safetensors"), 20_000);
    await refused(cut, /adapter_model.safetensors/);
  }));

Deno.test("loadAdapter() refuses an adapter that replaces a layer", () =>
  inFolder(async (folder) => {
    const base = await openBase();
    const { config, tensors } = await readAdapter(join(fixtureFolder("qwen3"), "adapter"));
    const head = { shape: [320, 48], data: new Float32Array(320 * 48) };
    const files = adapterFiles(
      { ...config, modules_to_save: ["lm_head"] },
      { ...tensors, "base_model.model.lm_head.weight": head },
    );
    for (const [name, chunks] of Object.entries(files)) await writeFileAtomic(join(folder, name), chunks);
    await assert.rejects(loadAdapter(base, folder, { head: false }), {
      code: "unsupported_model",
      message: /lm_head.weight", a layer saved whole/,
    });
  }));

Deno.test("loadAdapter() says of an adapter of the head that it is one", () =>
  inFolder(async (folder) => {
    const base = await openBase();
    const { config, tensors } = await readAdapter(join(fixtureFolder("qwen3"), "adapter"));
    const pair = (rows: number, columns: number) => ({
      shape: [rows, columns],
      data: new Float32Array(rows * columns),
    });
    const { a, b } = loraKeys("lm_head");
    const files = adapterFiles(config, { ...tensors, [a]: pair(config.r, 48), [b]: pair(320, config.r) });
    for (const [name, chunks] of Object.entries(files)) await writeFileAtomic(join(folder, name), chunks);
    await assert.rejects(loadAdapter(base, folder, { head: false }), {
      code: "unsupported_model",
      message: /'lm_head', the language-model head/,
    });
  }));
