/**
 * Where a training run's time goes, by kind of op: `deno run -A bench/profile_training.ts SIZE [policy|value] [runs]
 * [--base-precision int8] [--dropout 0.1] [--rows N] [--columns N] [--blocks N] [--recompute selective] [--threads 1]
 * [--shapes]`. Random
 * weights, one micro-batch of the whole workload, or of as many rows as a worker runs at once, as long as asked for;
 * onnxruntime's own profiler does the timing.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { policyTrainingArtifact, valueTrainingArtifact } from "../kernels/artifacts.ts";
import { peakBytes } from "../kernels/graph/cost.ts";
import type { Recompute } from "../kernels/graph/gradient.ts";
import type { Precision } from "../kernels/nn/parameters.ts";
import { AdapterMerge } from "../core/run/adapter_merge.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { LoraDropout, withDropout } from "../core/run/lora_dropout.ts";
import { Feeds } from "../core/run/feeds.ts";
import { heldBy, initialParameters, tuningOf } from "../core/weights/parameter_layout.ts";
import { SessionCache } from "../core/run/session_cache.ts";
import { tokenBatch } from "../core/run/token_batch.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { uniform } from "../core/rng.ts";
import { writeRandomModel } from "../tasks/random_model.ts";
import { memory, resetPeak } from "./workload_run.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals: [size = "tiny", network = "policy", runs = "8"] } = parseArgs({
  allowPositionals: true,
  options: {
    "base-precision": { type: "string", default: "float32" },
    dropout: { type: "string", default: "0" },
    rows: { type: "string" },
    columns: { type: "string" },
    blocks: { type: "string", default: "1" },
    recompute: { type: "string", default: "none" },
    threads: { type: "string", default: "2" },
    shapes: { type: "boolean", default: false },
  },
});
const { config, R, ...workload } = WORKLOADS[size as WorkloadName];
const B = Number(options.rows ?? workload.B);
const P = options.columns ? Number(options.columns) + 1 - R : workload.P;
const folder = await Deno.makeTempDir({ prefix: "proximal-profile-" });
try {
  await writeRandomModel(folder, config, { classifier: false, seed: 0 });
  const runtime = Runtime.open({ threads: Number(options.threads) });
  const base = await BaseModel.open(runtime, folder, { precision: options["base-precision"] as Precision });
  const lora = tuningOf(base.config, { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" });
  const dropout = LoraDropout.of(base, lora, { rate: Number(options.dropout), seed: 0, network: "policy" });
  const tuning = withDropout(heldBy(base, lora), dropout?.rate ?? 0);
  const head = network === "value";
  const parameters = await initialParameters(base, tuning, { head, seed: 0, role: "policy" });
  const kept = { recompute: options.recompute as Recompute, blocks: Number(options.blocks) };
  const artifact = head
    ? valueTrainingArtifact(base.config, tuning, { accumulate: false, ...kept })
    : policyTrainingArtifact(base.config, tuning, {
      ...{ values: false, entropyBonus: false, accumulate: false },
      ...kept,
    });
  const session = await base.session(artifact, { profile: join(folder, "profile") });
  const merged = await new AdapterMerge(new SessionCache(base), tuning).merge(parameters);
  const token = (row: number, at: number) =>
    4 + Math.floor(uniform(1, "data", 0, row, at) * (config.vocab_size - 4));
  const ids = (row: number, from: number, count: number) =>
    Int32Array.from({ length: count }, (_, i) => token(row, from + i));
  const batch = tokenBatch(
    Array.from({ length: B }, (_, row) => ({ prompt_ids: ids(row, 0, P), response_ids: ids(row, P, R) })),
  );
  const zeros = () => new Float32Array(batch.tokens);
  using feeds = new Feeds(runtime).batch(batch)
    .vector("weights", zeros().fill(1 / batch.tokens)).vector("advantages", zeros().fill(0.5))
    .vector("old_logprobs", zeros().fill(-8)).vector("old_values", zeros()).vector("returns", zeros());
  for (
    const [name, value] of Object.entries({
      inverse_temperature: 1,
      adapter_scale: 1,
      clip_low: 0.8,
      clip_high: 1.2,
      dual_clip: 1e30,
      value_clip: 0.2,
    })
  ) {
    feeds.scalar(name, value);
  }
  if (dropout) feeds.dropout(dropout, 0, Array.from({ length: B }, (_, row) => ({ row })), batch.columns);
  const binding = session.bind();
  dropout?.features.bind(binding, "input", () => true);
  parameters.bind(binding, "input", () => true);
  merged?.bind(binding, "input", () => true);
  feeds.bind(binding, session);
  for (const [name, tensor] of Object.entries(base.rope(batch.columns))) binding.input(name, tensor);
  for (const { name } of session.outputs) binding.outputOnDevice(name);
  const before = await memory();
  await resetPeak();
  const times: number[] = [];
  for (let run = 0; run < Number(runs); run++) {
    const start = performance.now();
    await binding.run();
    times.push(performance.now() - start);
  }
  report(JSON.parse(await Deno.readTextFile(session.endProfiling())), Number(runs));
  times.sort((a, b) => a - b);
  console.log(`wall ms a run: best ${times[0]!.toFixed(1)}, median ${times[times.length >> 1]!.toFixed(1)}`);
  const { columns, tokens } = batch;
  const foreseen = peakBytes(artifact, { B, S: columns, N: tokens, context: columns });
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  const { peak } = await memory();
  console.log(`memory a run: foreseen ${mib(foreseen)} MiB, resident ${mib(peak - before.rss)} MiB`);
} finally {
  await Deno.remove(folder, { recursive: true });
}

interface Entry {
  cat: string;
  name: string;
  dur: number;
  args: { op_name: string; input_type_shape?: Record<string, number[]>[] };
}

/** What an operator is counted under: its name and pass, and with `--shapes` what it was given. */
function keyOf({ name, args: { op_name, input_type_shape = [] } }: Entry): string {
  const direction = name.startsWith("gradient.") ? "backward" : "forward";
  const shapes = options.shapes ? input_type_shape.flatMap((type) => Object.values(type)) : [];
  return `${op_name.padEnd(30)} ${direction} ${shapes.map((shape) => `[${shape}]`).join(" ")}`.slice(0, 100);
}

function report(entries: Entry[], runs: number): void {
  const totals = new Map<string, { ms: number; count: number }>();
  let all = 0;
  for (const entry of entries) {
    if (entry.cat !== "Node" || !entry.name.endsWith("kernel_time")) continue;
    const key = keyOf(entry);
    const ms = entry.dur / 1000 / runs;
    const total = totals.get(key) ?? { ms: 0, count: 0 };
    totals.set(key, { ms: total.ms + ms, count: total.count + 1 / runs });
    all += ms;
  }
  const largest = [...totals].sort((a, b) => b[1].ms - a[1].ms).slice(0, options.shapes ? 80 : 24);
  for (const [key, { ms, count }] of largest) {
    const share = `${(100 * ms / all).toFixed(1).padStart(5)} %`;
    console.log(
      `${key.padEnd(options.shapes ? 100 : 40)} ${ms.toFixed(2).padStart(8)} ms ${share}  ${
        Math.round(count)
      } nodes`,
    );
  }
  console.log(`all nodes ${all.toFixed(1)} ms a run`);
}
