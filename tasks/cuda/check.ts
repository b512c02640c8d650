/**
 * `deno task cuda:check [--device cuda:N] [--bench SIZE …] [--models NAME …] [--steps N]`: whether a GPU computes what
 * the CPU does, and how fast. Prints JSON lines: the device; which nodes of each graph it leaves to the host; parity of
 * every fixture in each precision; then `task bench` there, with the GPU's memory and use. Exits with 1 if anything is
 * not as it should be. `none` leaves out models or benches. `--device cpu` and `--device allocated` run the same checks where there is no GPU.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { placeOf } from "../../core/device_name.ts";
import { UserError } from "../../core/errors.ts";
import { BaseModel } from "../../core/weights/base_model.ts";
import { heldBy, tuningOf } from "../../core/weights/parameter_layout.ts";
import type { Place } from "../../core/ort/memory.ts";
import { fallbackNodes } from "../../core/ort/providers.ts";
import { Runtime } from "../../core/ort/runtime.ts";
import {
  generateArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  sftTrainingArtifact,
  type Tuning,
  valueTrainingArtifact,
} from "../../kernels/artifacts.ts";
import type { Artifact } from "../../kernels/graph/artifact.ts";
import { adamwArtifact } from "../../kernels/optimizers/adamw.ts";
import { ADAM, compare, measureOn } from "./parity.ts";
import { watchGpu } from "./watch_gpu.ts";

const FIXTURES = fileURLToPath(new URL("../../tests/fixtures/", import.meta.url));
const MODELS = ["qwen3", "qwen2", "llama", "gpt2"];
/** What each device computes in. A CPU has no kernels for bfloat16. */
const PRECISIONS = {
  cuda: ["float32", "bfloat16", "float16"],
  cpu: ["float32", "float16"],
} as const;

type Print = (line: Record<string, unknown>) => void;

/** Where each node of a job's graphs runs. */
async function providers(
  runtime: Runtime,
  model: string,
  precision: "float32" | "bfloat16" | "float16",
  print: Print,
) {
  const base = await BaseModel.open(runtime, join(FIXTURES, model), { precision });
  const { config } = base;
  const lora = heldBy(
    base,
    tuningOf(config, { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" }),
  );
  const full: Tuning = heldBy(base, { type: "full" });
  const training = { values: true, entropyBonus: true, accumulate: true };
  const graphs: Record<string, Artifact> = {
    policy_training: policyTrainingArtifact(config, lora, training),
    full_training: policyTrainingArtifact(config, full, training),
    value_training: valueTrainingArtifact(config, lora, { accumulate: false }),
    policy_eval: policyEvalArtifact(config, lora, { entropy: true, values: true }),
    sft_training: sftTrainingArtifact(config, full, { accumulate: false }),
    generate: generateArtifact(config, lora, { truncation: true, lora: "added" }),
    adamw: adamwArtifact(["adapter", "head"], ADAM),
  };
  let ok = true;
  for (const [graph, artifact] of Object.entries(graphs)) {
    const config = { "session.record_ep_graph_assignment_info": "1" };
    using session = await base.session(artifact, { anyProvider: true, config });
    const nodes = session.nodes();
    const wanted = runtime.device?.provider ?? "CPUExecutionProvider";
    const fallback = fallbackNodes(nodes, wanted, artifact.hostNodes);
    const on_host = nodes.filter(({ provider }) => provider !== wanted);
    ok &&= fallback.length === 0;
    print({
      check: "providers",
      model,
      precision,
      graph,
      nodes: nodes.length,
      provider: wanted,
      shapes_on_host: on_host.length - fallback.length,
      left_to_host: fallback.map(({ op, name }) => `${op} ${name}`),
      ok: fallback.length === 0,
    });
  }
  base.dispose();
  return ok;
}

/** Each fixture on the device against the CPU in float32. */
async function parity(device: Place, models: readonly string[], print: Print): Promise<boolean> {
  let ok = true;
  for (const model of models) {
    const folder = join(FIXTURES, model);
    const expected = await measureOn("cpu", folder, "float32");
    for (const precision of PRECISIONS[device.startsWith("cuda:") ? "cuda" : "cpu"]) {
      const result = compare(await measureOn(device, folder, precision), expected, precision);
      ok &&= result.ok;
      print({ check: "parity", model, precision, device, ...result });
    }
  }
  return ok;
}

/** A workload of `task bench` in a process of its own, watched. */
async function bench(device: string, size: string, steps: string, print: Print): Promise<boolean> {
  const script = fileURLToPath(new URL("../../bench/ppo_step.ts", import.meta.url));
  const watch = device.startsWith("cuda") ? watchGpu(Number(placeOf(device).slice("cuda:".length))) : null;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, size, "--steps", steps, "--device", device],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const gpu = await watch?.stop();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  const result = code === 0
    ? JSON.parse(text(stdout).split("\n").at(-1)!)
    : { error: text(stderr).slice(-2000) };
  print({ check: "bench", size, device, ...result, ...(gpu && { gpu }), ok: code === 0 });
  return code === 0;
}

export async function check(
  options: { device: string; models: readonly string[]; bench: readonly string[]; steps: string },
  print: Print,
): Promise<boolean> {
  const { device } = options;
  const place: Place = device === "allocated" ? device : placeOf(device);
  const library = Deno.env.get("ORT_LIBRARY") || undefined;
  let ok = true;
  {
    using runtime = Runtime.open({ device: place, library, threads: 2 });
    const { version } = runtime;
    print({
      check: "device",
      device: place,
      description: runtime.device?.description ?? "CPU",
      onnxruntime: version,
    });
    for (const model of options.models) {
      for (const precision of PRECISIONS[runtime.target]) {
        ok = await providers(runtime, model, precision, print) && ok;
      }
    }
  }
  ok = await parity(place, options.models, print) && ok;
  for (const size of options.bench) ok = await bench(device, size, options.steps, print) && ok;
  print({ check: "all", ok });
  return ok;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      device: { type: "string", default: "cuda" },
      models: { type: "string", multiple: true, default: MODELS },
      bench: { type: "string", multiple: true, default: ["tiny", "135m", "0.6b", "0.6b-gpu"] },
      steps: { type: "string", default: "3" },
    },
  });
  try {
    const named = (names: readonly string[]) => names.filter((name) => name !== "none");
    const options = { ...values, models: named(values.models), bench: named(values.bench) };
    Deno.exit(await check(options, (line) => console.log(JSON.stringify(line))) ? 0 : 1);
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    Deno.exit(1);
  }
}
