/** Adapters in whole graphs: nothing at step 0, the reference at scale 0, and the merged weight's model. */
import assert from "node:assert/strict";
import {
  GRADIENT,
  logitsArtifact,
  mergedArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  type Tuning,
} from "../../../kernels/artifacts.ts";
import { type AdapterSpec, uniformAdapter } from "../../../kernels/models/adapter_spec.ts";
import { MERGED } from "../../../kernels/nn/parameters.ts";
import { loadFixture, mergedWeights } from "../models/fixture.ts";
import { type Array_, runArtifact, scalar } from "../run_artifact.ts";
import { within, worst } from "../within.ts";
import { batchOf, experienceInputs, experienceOf, feedsOf, loraOf, type Model, ROWS } from "./batch.ts";

const MODELS = ["qwen3", "qwen2", "llama", "gpt2"];

/** The adapter before its first step: every B is 0. */
function atStart({ lora }: Model): Record<string, Array_> {
  return Object.fromEntries(
    Object.entries(lora).map(([name, { dims, data }]) => [
      name,
      { dims, data: name.endsWith("lora_B.weight") ? Array.from(data as number[], () => 0) : data },
    ]),
  );
}

async function logits(model: Model, tuning: Tuning, more: Record<string, Array_> = {}): Promise<number[]> {
  const feeds = feedsOf(model, { ...batchOf(ROWS), ...more });
  return (await runArtifact(logitsArtifact(model.config, tuning), feeds)).logits!.data;
}

for (const name of MODELS) {
  Deno.test(`${name}: an adapter with B = 0 leaves the base's logits exactly as they are, and so does scale 0`, async () => {
    const model = await loadFixture(name);
    const base = await logits(model, { type: "none" });
    assert.deepEqual(await logits({ ...model, lora: atStart(model) }, loraOf(model)), base);
    assert.deepEqual(await logits(model, loraOf(model), { adapter_scale: scalar(0) }), base);
    assert.ok(worst(await logits(model, loraOf(model)), base) > 0.1);
  });

  Deno.test(`${name}: the runtime merges the adapter into the weights, as often as it is told`, async () => {
    const model = await loadFixture(name);
    for (const gate of [1, 0.5]) {
      const artifact = mergedArtifact(model.config, model.adapter);
      const merged = await runArtifact(artifact, feedsOf(model, { adapter_scale: scalar(gate) }));
      const expected = mergedWeights(model, gate);
      assert.deepEqual(Object.keys(merged), Object.keys(expected));
      for (const [key, { data }] of Object.entries(expected)) {
        within(merged[key]!.data, data as number[], 1e-6, key);
      }
    }
  });

  Deno.test(`${name}: graphs that take merged weights give what the base's give over them`, async () => {
    const model = await loadFixture(name);
    const merged = Object.fromEntries(
      Object.entries(mergedWeights(model)).map(([key, weight]) => [key.slice(MERGED.length), weight]),
    );
    const weights = { ...model.weights, ...merged };
    within(
      await logits(model, loraOf(model)),
      await logits({ ...model, weights }, { type: "none" }),
      1e-5,
      "logits",
    );
  });

  Deno.test(`${name}: at step 0 no A has a gradient and every B has one`, async () => {
    const model = await loadFixture(name);
    const tuning = loraOf(model);
    const start = { ...model, lora: atStart(model) };
    const experience = await experienceOf(start, tuning, ROWS);
    const options = { values: false, entropyBonus: false, accumulate: false };
    const outputs = await runArtifact(
      policyTrainingArtifact(model.config, tuning, options),
      feedsOf(start, { ...batchOf(ROWS), ...experienceInputs(experience) }),
    );
    for (const key of Object.keys(model.lora)) {
      const gradient = outputs[GRADIENT + key]!.data;
      if (key.endsWith("lora_A.weight")) assert.ok(gradient.every((value) => value === 0), key);
      else assert.ok(gradient.some((value) => Math.abs(value) > 1e-6), key);
    }
  });
}

Deno.test("The gate scales the adapter: half of it is half of B", async () => {
  const model = await loadFixture("qwen3");
  const half = Object.fromEntries(
    Object.entries(model.lora).map(([name, { dims, data }]) => [
      name,
      {
        dims,
        data: Array.from(data as number[], (value) => name.endsWith("lora_B.weight") ? value / 2 : value),
      },
    ]),
  );
  const gated = await logits(model, loraOf(model), { adapter_scale: scalar(0.5) });
  within(gated, await logits({ ...model, lora: half }, loraOf(model)), 1e-5, "logits");
});

Deno.test("An adapter on some linears asks for those alone, each with its own rank and scale", async () => {
  const model = await loadFixture("qwen3");
  const chosen = uniformAdapter(model.config, { r: 4, scale: 2 }, { targets: ["q_proj", "down_proj"] });
  assert.equal(chosen.size, 2 * model.config.num_hidden_layers);
  const module = "model.layers.1.mlp.down_proj";
  const adapter = new Map([...chosen, [module, { r: 2, scale: 5 }]]);
  const artifact = policyEvalArtifact(model.config, { type: "lora", adapter }, {
    entropy: true,
    values: false,
  });
  const merged = artifact.inputs.filter(({ name }) => name.startsWith(MERGED));
  assert.deepEqual(merged.map(({ name }) => name), [...adapter.keys()].map((of) => `${MERGED}${of}.weight`));
  const matrices = mergedArtifact(model.config, adapter).inputs;
  assert.deepEqual(matrices.find(({ name }) => name === `${module}.lora_A.weight`)!.shape, [2, 80]);

  // The first two ranks of the fixture's matrices, at 5 instead of 2, are these at 2 times 2.5.
  const cut = (side: "A" | "B", factor: number): Array_ => {
    const { dims, data } = model.lora[`${module}.lora_${side}.weight`]!;
    const [rows, columns] = dims as [number, number];
    const keep = (i: number) => side === "A" ? Math.floor(i / columns) < 2 : i % columns < 2;
    const values = Array.from(data as number[], (value) => value * factor).filter((_, i) => keep(i));
    return { dims: side === "A" ? [2, columns] : [rows, 2], data: values };
  };
  const [a, b] = [`${module}.lora_A.weight`, `${module}.lora_B.weight`];
  const feeds = (adapter: AdapterSpec, factor: number) =>
    feedsOf({ ...model, adapter }, { ...batchOf(ROWS), [a]: cut("A", 1), [b]: cut("B", factor) });
  const mixed = await runArtifact(artifact, feeds(adapter, 1));
  const even = await runArtifact(
    artifact,
    feeds(new Map([...chosen, [module, { r: 2, scale: 2 }]]), 2.5),
  );
  within(mixed.logprobs!.data, even.logprobs!.data, 1e-5, "logprobs");
});
