/** Names and shapes of a folder's weights, as the hub and transformers write them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { ModelWeights } from "../../../core/weights/model_weights.ts";
import { weightShapes } from "../../../core/weights/parameter_layout.ts";
import { ParameterSet } from "../../../core/weights/parameter_set.ts";
import { Policy } from "../../../core/networks/policy.ts";
import { readConfig } from "../../../core/formats/read_config.ts";
import { openSafetensors } from "../../../core/formats/safetensors.ts";
import { planJob, planOptions } from "../../../core/kinds/plan_job.ts";
import { copyModel } from "../serve/model_copies.ts";
import { inFolder } from "../networks/in_folder.ts";
import { makeJob } from "../networks/make_learner.ts";
import { rewriteWeights } from "../networks/rewrite_weights.ts";
import { fixtureFolder, fixtureRows, runtime } from "../networks/tiny_models.ts";

/** The fixture as the hub has GPT-2: a bare trunk, with the causal masks that old releases saved. */
async function asOnTheHub(name: string, folder: string): Promise<string> {
  await copyModel(name, folder);
  await rewriteWeights(folder, (tensors) => ({
    ...Object.fromEntries(
      Object.entries(tensors).map(([key, tensor]) => [key.replace(/^(transformer|model)\./, ""), tensor]),
    ),
    "h.0.attn.bias": { dtype: "F32", shape: [1, 1, 2, 2], data: new Float32Array(4) },
    "h.0.attn.masked_bias": { dtype: "F32", shape: [], data: new Float32Array(1) },
  }));
  return folder;
}

async function logprobs(folder: string): Promise<Float32Array[]> {
  const base = await BaseModel.open(runtime, folder);
  const policy = new Policy(base, { type: "none" }, new ParameterSet(runtime, []), {
    reference: "base",
    shared: false,
  });
  const { sequences } = await fixtureRows("gpt2");
  return (await policy.analyze(sequences, { temperature: 1 })).logprobs;
}

Deno.test("a file of a bare trunk is the model that transformers saves with its prefix, masks or not", () =>
  inFolder(async (parent) => {
    const folder = await asOnTheHub("gpt2", join(parent, "hub"));
    assert.deepEqual(await logprobs(folder), await logprobs(fixtureFolder("gpt2")));
    const now = planOptions({ threads: 2, target: "cpu" }, "total");
    const { plan } = await planJob(makeJob(), { model: folder, rewards: {} }, now);
    const whole = await planJob(makeJob(), { model: fixtureFolder("gpt2"), rewards: {} }, now);
    assert.deepEqual(plan, whole.plan);
  }));

Deno.test("a tied head in the files is the embedding, their only copy of it, or a head of its own", () =>
  inFolder(async (parent) => {
    const folder = await copyModel("qwen3", join(parent, "tied"));
    const EMBEDDING = "model.embed_tokens.weight", HEAD = "lm_head.weight";
    const tied = (change: (value: number, at: number) => number) =>
      rewriteWeights(folder, (tensors) => {
        const { shape, data } = tensors[EMBEDDING]!;
        return {
          ...tensors,
          [HEAD]: { dtype: "F32", shape, data: (data as Float32Array<ArrayBuffer>).map(change) },
        };
      });
    const isTied = async () => (await BaseModel.open(runtime, folder)).config.tie_word_embeddings;
    const expected = await logprobs(fixtureFolder("qwen3"));
    await tied((value) => value);
    assert.deepEqual([await isTied(), await logprobs(folder)], [true, expected]);
    await tied((value, at) => at === 0 ? value + 1 : value);
    assert.equal(await isTied(), false);
    assert.notDeepEqual(await logprobs(folder), expected);
    await tied((value) => value);
    await rewriteWeights(folder, ({ [EMBEDDING]: _, ...tensors }) => tensors);
    assert.deepEqual([await isTied(), await logprobs(folder)], [true, expected]);
  }));

for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
  Deno.test(`${name}: the names that graphs ask for are those that transformers saved`, async () => {
    const { model } = await readConfig(fixtureFolder(name));
    using weights = await ModelWeights.open(fixtureFolder(name), model);
    weights.check(weightShapes(model));
    const asked = weightShapes(model).map((weight) => weight.name).sort();
    const source = await openSafetensors(fixtureFolder(name));
    assert.deepEqual(asked, source.names());
    source.close();
  });
}

Deno.test("check() names a weight that is missing or of another shape, as the file calls it", () =>
  inFolder(async (parent) => {
    const folder = await asOnTheHub("gpt2", join(parent, "hub"));
    const { model } = await readConfig(folder);
    using weights = await ModelWeights.open(folder, model);
    const damaged = (message: RegExp) => ({ name: "UserError", code: "damaged_model", message });
    assert.throws(
      () => weights.check([{ name: "transformer.h.3.ln_1.weight", shape: [48] }]),
      damaged(/no tensor 'transformer.h.3.ln_1.weight'/),
    );
    assert.throws(
      () => weights.check([{ name: "transformer.h.0.attn.c_attn.weight", shape: [144, 48] }]),
      damaged(/'h.0.attn.c_attn.weight' has shape \[48,144\]: config.json implies \[144,48\]/),
    );
    await assert.rejects(weights.readFloat32("transformer.nothing"), damaged(/transformer.nothing/));
  }));
