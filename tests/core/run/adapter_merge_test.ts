/** Weights with an adapter merged in: made again for each call, into the same memory, and only where graphs take them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Tuning } from "../../../kernels/artifacts.ts";
import { MERGED } from "../../../kernels/nn/parameters.ts";
import { AdapterMerge, mergedBytes } from "../../../core/run/adapter_merge.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { ModelWeights } from "../../../core/weights/model_weights.ts";
import { initialParameters, tuningOf } from "../../../core/weights/parameter_layout.ts";
import { SessionCache } from "../../../core/run/session_cache.ts";
import { worst } from "../../kernels/within.ts";
import { runtime } from "../networks/tiny_models.ts";

const folder = fileURLToPath(new URL("../../../models/tiny", import.meta.url));
const base = await BaseModel.open(runtime, folder);
const tuning = tuningOf(base.config, {
  type: "lora",
  r: 4,
  alpha: 8,
  target_modules: ["q_proj", "down_proj"],
});
const module = "model.layers.1.mlp.down_proj";

/** An adapter whose B is `value` wherever it acts. */
async function adapter(value: number) {
  const parameters = await initialParameters(base, tuning, { head: false, seed: 1, role: "policy" });
  for (const name of parameters.names.filter((name) => name.includes("lora_B"))) {
    parameters.set(name, parameters.values(name).slice().fill(value));
  }
  return parameters;
}

Deno.test("a merge follows the parameters and the scale it is given, in the same tensors", async () => {
  using source = await ModelWeights.open(folder, base.config);
  const plain = await source.readFloat32(`${module}.weight`);
  const merge = new AdapterMerge(new SessionCache(base), tuning);
  const [first, second] = [await adapter(0.5), await adapter(-0.25)];
  const [r, inputs] = first.shape(`${module}.lora_A.weight`) as [number, number];
  for (const [parameters, b, scale] of [[first, 0.5, 1], [second, -0.25, 1], [first, 0.5, 0]] as const) {
    const merged = (await merge.merge(parameters, scale))!;
    assert.deepEqual(merged.names.length, 2 * base.config.num_hidden_layers);
    const a = parameters.values(`${module}.lora_A.weight`);
    const expected = plain.map((value, i) => {
      const column = i % inputs;
      let sum = 0;
      for (let k = 0; k < r; k++) sum += a[k * inputs + column]!;
      return value + 2 * scale * b * sum;
    });
    assert.ok(worst(merged.values(`${MERGED}${module}.weight`), expected) < 1e-6);
  }
  const before = await merge.merge(first);
  first.set(`${module}.lora_B.weight`, first.values(`${module}.lora_B.weight`).slice().fill(1));
  const values = before!.values(`${MERGED}${module}.weight`).slice();
  assert.equal(await merge.merge(first), before);
  assert.ok(worst(before!.values(`${MERGED}${module}.weight`), values) > 1e-3);
  merge.dispose();
});

Deno.test("nothing is merged without an adapter, into 8 bits, or into the weights of a large model", async () => {
  const parameters = await adapter(1);
  const none: Tuning[] = [{ type: "none" }, { type: "full" }, { ...tuning, precision: "int8" }];
  for (const tuning of none) {
    assert.equal(mergedBytes(base.config, tuning), 0);
    const merge = new AdapterMerge(new SessionCache(base), tuning);
    assert.equal(await merge.merge(parameters), null);
    merge.dispose();
  }
  const large = { ...base.config, hidden_size: 4096, intermediate_size: 16384 };
  const all = tuningOf(large, { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" });
  assert.equal(mergedBytes(large, all), 0);
  assert.ok(mergedBytes(base.config, tuning) > 0);
});
