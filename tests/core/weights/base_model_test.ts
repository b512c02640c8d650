/** A base's weights: one copy, whoever asks for them and when. */
import assert from "node:assert/strict";
import { policyEvalArtifact } from "../../../kernels/artifacts.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { ModelWeights } from "../../../core/weights/model_weights.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";

Deno.test("sessions that are made at once read the weights once", async () => {
  using runtime = Runtime.open({ threads: 1 });
  const base = await BaseModel.open(runtime, fixtureFolder("qwen3"));
  const artifact = policyEvalArtifact(base.config, { type: "none" }, { entropy: false, values: false });
  const open = ModelWeights.open;
  let opened = 0;
  ModelWeights.open = (...args) => {
    opened++;
    return open.apply(ModelWeights, args);
  };
  try {
    const sessions = await Promise.all([base.session(artifact), base.session(artifact)]);
    assert.equal(opened, 1);
    for (const session of sessions) session.dispose();
  } finally {
    ModelWeights.open = open;
    base.dispose();
  }
});
