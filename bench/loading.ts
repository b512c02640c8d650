/**
 * What loading a model takes: `loading.ts [SIZE] [--dtype F32|BF16] [--base-precision int8]` prints JSON lines with the
 * process's peak and what stays, in units of the model's float32 bytes: for one role that evaluates, for two more roles
 * over it, for sampling, which reorders matrices beside them, and for training two of the roles.
 */
import { parseArgs } from "node:util";
import {
  generateArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  valueEvalArtifact,
  valueTrainingArtifact,
} from "../kernels/artifacts.ts";
import type { Precision } from "../kernels/nn/parameters.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { heldBy, tuningOf } from "../core/weights/parameter_layout.ts";
import { weightBytes } from "../core/run/micro_batch_plan.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { randomModels } from "./random_models.ts";
import { memory, resetPeak } from "./workload_run.ts";

const { values: { dtype, "base-precision": precision }, positionals: [size = "0.6b"] } = parseArgs({
  allowPositionals: true,
  options: {
    "dtype": { type: "string", default: "F32" },
    "base-precision": { type: "string", default: "float32" },
  },
});
const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
try {
  const { policy } = await randomModels(size, folder, { dtype, names: ["policy"] });
  const runtime = Runtime.open({ threads: 2 });
  const base = await BaseModel.open(runtime, policy, { precision: precision as Precision });
  const bytes = weightBytes(base.config);
  const before = (await memory()).rss;
  const lora = tuningOf(base.config, { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" });
  const tuning = heldBy(base, lora);
  const [accumulate, values, entropyBonus] = [true, false, false];
  const graphs = {
    "one role": () => [policyEvalArtifact(base.config, tuning, { entropy: false, values: false })],
    "three roles": () => [
      policyEvalArtifact(base.config, tuning, { entropy: true, values: false }),
      valueEvalArtifact(base.config, tuning),
    ],
    "and sampling": () => [generateArtifact(base.config, tuning, { truncation: false })],
    "and training": () => [
      policyTrainingArtifact(base.config, tuning, { values, entropyBonus, accumulate }),
      valueTrainingArtifact(base.config, tuning, { accumulate }),
    ],
  };
  for (const [name, make] of Object.entries(graphs)) {
    await resetPeak();
    const start = performance.now();
    const prepacking = name === "and sampling" ? { prepacking: true } : {};
    for (const graph of make()) await base.session(graph, prepacking);
    const { rss, peak } = await memory();
    const models = (value: number) => Number(((value - before) / bytes).toFixed(2));
    print({
      size,
      dtype,
      base_precision: precision,
      float32_mb: Math.round(bytes / 2 ** 20),
      weights_mb: Math.round(base.bytes / 2 ** 20),
      loaded: name,
      seconds: Number(((performance.now() - start) / 1000).toFixed(1)),
      peak_models: models(peak),
      after_models: models(rss),
      process_mb: Math.round(rss / 2 ** 20),
    });
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

function print(line: Record<string, unknown>): void {
  console.log(JSON.stringify(line));
}
