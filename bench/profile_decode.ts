/**
 * Where a decoded token's time goes, by kind of op: `deno run -A bench/profile_decode.ts SIZE [--rows N] [--tokens N]
 * [--base-precision int8] [--tuning lora|none] [--threads N] [--shapes]`. Random weights; onnxruntime's own profiler does the timing,
 * and what is left of the wall time is the calls' and the host's.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { activeSequence } from "../core/decode/active_sequence.ts";
import { DecodeBatch, decodeTogether } from "../core/decode/decode_batch.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { heldBy, initialParameters, tuningOf } from "../core/weights/parameter_layout.ts";
import { ParameterSet } from "../core/weights/parameter_set.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { Tensor } from "../core/ort/tensor.ts";
import { uniform } from "../core/rng.ts";
import { generateArtifact } from "../kernels/artifacts.ts";
import type { Precision } from "../kernels/nn/parameters.ts";
import { writeRandomModel } from "../tasks/random_model.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals: [size = "tiny"] } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: "string", default: "1" },
    tokens: { type: "string", default: "50" },
    "base-precision": { type: "string", default: "float32" },
    tuning: { type: "string", default: "none" },
    threads: { type: "string", default: "2" },
    shapes: { type: "boolean", default: false },
  },
});
const { config } = WORKLOADS[size as WorkloadName];
const [rows, tokens] = [Number(options.rows), Number(options.tokens)];

const folder = await Deno.makeTempDir({ prefix: "proximal-profile-" });
try {
  await writeRandomModel(folder, config, { classifier: false, seed: 0 });
  const runtime = Runtime.open({ threads: Number(options.threads) });
  const base = await BaseModel.open(runtime, folder, { precision: options["base-precision"] as Precision });
  const lora = options.tuning === "lora";
  const tuning = heldBy(
    base,
    lora
      ? tuningOf(base.config, { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" })
      : { type: "none" },
  );
  const parameters = lora
    ? await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" })
    : new ParameterSet(runtime, []);
  const artifact = generateArtifact(base.config, tuning, { truncation: false, lora: "added", joined: true });
  using scale = Tensor.onDevice(runtime, "float32", [], Float32Array.of(1));
  for (const profile of [undefined, join(folder, "profile")]) {
    const session = await base.session(artifact, { prepacking: true, profile });
    const binding = session.bind();
    parameters.bind(binding, "input", (name) => session.takes(name));
    if (session.takes("adapter_scale")) binding.input("adapter_scale", scale);
    const sequences = Array.from({ length: rows }, (_, row) =>
      activeSequence({
        prompt_ids: [5],
        ...{
          max_new_tokens: tokens + 1,
          temperature: 1,
          top_k: 0,
          top_p: 1,
          stop_token_ids: new Set<number>(),
        },
        uniform: (position) => uniform(2, "sample", 0, row, position),
      }));
    const groups = sequences.map((one) => [one] as const);
    const how = { truncation: false, capacity: tokens + 2, syncInterval: 1 };
    using batch = DecodeBatch.ofPrompts(base, groups, binding, how);
    const times: number[] = [];
    while (batch.active) {
      const start = performance.now();
      await decodeTogether([batch], undefined);
      times.push(performance.now() - start);
    }
    const steady = times.slice(2).sort((a, b) => a - b);
    const ms = (at: number) => steady[Math.floor(at * (steady.length - 1))]!.toFixed(2);
    console.log(`${profile ? "with" : "without"} profiler: ms a token, best ${ms(0)}, median ${ms(0.5)}`);
    if (profile) report(JSON.parse(await Deno.readTextFile(session.endProfiling())), tokens + 1);
    session.dispose();
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

interface Entry {
  cat: string;
  name: string;
  dur: number;
  args: { op_name: string; input_type_shape?: Record<string, number[]>[] };
}

function report(entries: Entry[], runs: number): void {
  const totals = new Map<string, { us: number; count: number }>();
  let all = 0;
  for (const { cat, name, dur, args } of entries) {
    if (cat !== "Node" || !name.endsWith("kernel_time")) continue;
    const shapes = options.shapes
      ? (args.input_type_shape ?? []).flatMap((type) => Object.values(type)).map((shape) => `[${shape}]`)
      : [];
    const key = [args.op_name.padEnd(24), ...shapes].join(" ").slice(0, 90);
    const total = totals.get(key) ?? { us: 0, count: 0 };
    totals.set(key, { us: total.us + dur / runs, count: total.count + 1 / runs });
    all += dur / runs;
  }
  for (const [key, { us, count }] of [...totals].sort((a, b) => b[1].us - a[1].us).slice(0, 40)) {
    console.log(
      `${key.padEnd(options.shapes ? 92 : 26)} ${us.toFixed(0).padStart(7)} us ${
        (100 * us / all).toFixed(1).padStart(5)
      } %  ${Math.round(count)} nodes`,
    );
  }
  console.log(`all nodes ${(all / 1000).toFixed(2)} ms a token`);
}
