import assert from "node:assert/strict";
import { proveInt8, requireInt8 } from "../../../core/kinds/prove_int8.ts";
import { int8Dtype } from "../../../core/weights/int8_products.ts";
import { readConfig } from "../../../core/formats/read_config.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

const FIELDS = ["base_precision", "rollout_precision"] as const;
const { model } = await readConfig(fixtureFolder("qwen3"));

Deno.test("an int8 job is let through where a form of them is exact", async () => {
  for (const field of FIELDS) {
    await requireInt8(runtime, makeJob({ [field]: "int8" }));
    await proveInt8(runtime, makeJob({ [field]: "int8" }), model);
  }
});

Deno.test("an int8 job is refused by its field where none is, and another is not", async () => {
  using without = Runtime.open({ threads: 1, inexactInt8: ["int8", "uint8"] });
  await assert.rejects(int8Dtype(without), { code: "device_unavailable" });
  for (const field of FIELDS) {
    const job = makeJob({ [field]: "int8" });
    for (const refused of [requireInt8(without, job), proveInt8(without, job, model)]) {
      await assert.rejects(refused, {
        code: "device_unavailable",
        message: new RegExp(
          `^${field}: Expected another than int8\\. Cannot multiply int8 on this machine`,
        ),
      });
    }
  }
  await proveInt8(without, makeJob(), model);
});

Deno.test("a job whose products do not equal integer arithmetic does not start", async () => {
  const wide = { ...model, intermediate_size: 140_000 };
  await assert.rejects(proveInt8(runtime, makeJob({ base_precision: "int8" }), wide), {
    code: "device_unavailable",
    message:
      /^base_precision: .* The number of 8-bit products that are not integer arithmetic's is \d+, not 0/,
  });
  await proveInt8(runtime, makeJob(), wide);
});
