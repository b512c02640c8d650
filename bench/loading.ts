/**
 * What loading a model takes: `loading.ts [SIZE] [--dtype F32|BF16]` prints JSON lines with the process's peak and what
 * stays, in units of the model's float32 bytes: for one role that evaluates, for two more roles over it, and for
 * sampling, which reorders matrices beside them.
 */
import { parseArgs } from "node:util";
import { generateArtifact, policyEvalArtifact, valueEvalArtifact } from "../kernels/artifacts.ts";
import { BaseModel } from "../core/model/base_model.ts";
import { tuningOf } from "../core/model/network.ts";
import { weightBytes } from "../core/model/training_cut.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { randomModels } from "./random_models.ts";
import { memory, resetPeak } from "./workload_run.ts";

const { values: { dtype }, positionals: [size = "0.6b"] } = parseArgs({
  allowPositionals: true,
  options: { dtype: { type: "string", default: "F32" } },
});
const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
try {
  const { policy } = await randomModels(size, folder, { dtype, names: ["policy"] });
  const runtime = Runtime.open({ threads: 2 });
  const base = await BaseModel.open(runtime, policy);
  const bytes = weightBytes(base.config);
  const before = (await memory()).rss;
  const tuning = tuningOf(base.config, { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" });
  const graphs = {
    "one role": () => [policyEvalArtifact(base.config, tuning, { entropy: false, values: false })],
    "three roles": () => [
      policyEvalArtifact(base.config, tuning, { entropy: true, values: false }),
      valueEvalArtifact(base.config, tuning),
    ],
    "and sampling": () => [generateArtifact(base.config, tuning, { truncation: false, lora: "added" })],
  };
  for (const [name, make] of Object.entries(graphs)) {
    await resetPeak();
    const start = performance.now();
    for (const graph of make()) await base.session(graph, { prepacking: graph.name === "generate" });
    const { rss, peak } = await memory();
    const models = (value: number) => Number(((value - before) / bytes).toFixed(2));
    print({
      size,
      dtype,
      float32_mb: Math.round(bytes / 1e6),
      loaded: name,
      seconds: Number(((performance.now() - start) / 1000).toFixed(1)),
      peak_models: models(peak),
      after_models: models(rss),
    });
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

function print(line: Record<string, unknown>): void {
  console.log(JSON.stringify(line));
}
