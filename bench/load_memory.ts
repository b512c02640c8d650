/**
 * What a base takes in memory: `deno run -A bench/load_memory.ts [SIZE] [--base-precision int8]` opens the graphs of a
 * job with LoRA over random weights, in a process of its own, and prints a JSON line: bytes of the weights that are
 * held, the resident size before and after, and the peak on the way.
 */
import { parseArgs } from "node:util";
import {
  generateArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  valueTrainingArtifact,
} from "../kernels/artifacts.ts";
import { BaseModel } from "../core/model/base_model.ts";
import { heldBy, tuningOf } from "../core/model/network.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { writeRandomModel } from "../tasks/random_model.ts";
import { ppoJobSchema } from "../core/ppo/config.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals: [size = "tiny"] } = parseArgs({
  allowPositionals: true,
  options: { "base-precision": { type: "string", default: "float32" }, folder: { type: "string" } },
});
const precision = ppoJobSchema.shape.base_precision.parse(options["base-precision"]) ?? "float32";

if (options.folder) await measure(options.folder);
else await writeAndMeasure();

/** Writing weights would count, so what measures is another process. */
async function writeAndMeasure(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "proximal-memory-" });
  try {
    await writeRandomModel(folder, WORKLOADS[size as WorkloadName].config, { classifier: false, seed: 0 });
    const self = new URL(import.meta.url).pathname;
    const args = ["run", "-A", self, size, "--base-precision", precision, "--folder", folder];
    const { success } = await new Deno.Command(Deno.execPath(), { args, stdout: "inherit" }).output();
    if (!success) Deno.exitCode = 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measure(folder: string): Promise<void> {
  const runtime = Runtime.open({ threads: 2 });
  const before = await megabytes("VmRSS");
  const base = await BaseModel.open(runtime, folder, { precision });
  const lora = tuningOf(base.config, { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" });
  const tuning = heldBy(base, lora);
  const [accumulate, values, entropyBonus] = [true, false, false];
  const generate = generateArtifact(base.config, tuning, { truncation: false, lora: "added" });
  const started = performance.now();
  await base.session(generate, { prepacking: true });
  await base.session(policyEvalArtifact(base.config, tuning, { entropy: false, values }));
  await base.session(policyTrainingArtifact(base.config, tuning, { values, entropyBonus, accumulate }));
  await base.session(valueTrainingArtifact(base.config, tuning, { accumulate }));
  console.log(JSON.stringify({
    size,
    base_precision: precision,
    weights_mb: Math.round(base.bytes / 2 ** 20),
    rss_before_mb: before,
    rss_mb: await megabytes("VmRSS"),
    peak_rss_mb: await megabytes("VmHWM"),
    seconds: Number(((performance.now() - started) / 1000).toFixed(1)),
  }));
}

async function megabytes(line: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Math.round(Number(new RegExp(`${line}:\\s+(\\d+)`).exec(status)![1]) / 1024);
}
