/**
 * `deno task bench [SIZE …] [--python PATH] [--steps N] [--device cuda] [--base-precision int8]
 * [--rollout-precision int8] [--layers K …]`: PPO steps of our workloads, each in a process of its own, as JSON lines. With a Python that
 * has the peers' packages, the peers run in the same sitting and a last line per size gives the ratios. With `--layers`, steps that train
 * the last K layers follow. Sizes: tiny (the
 * default), 135m, 0.6b, and 0.6b-gpu. `--growth` prints how a step grows instead, `--cold-start` how soon a server and a model answer, `--learning` how fast jobs learn
 * (learning.ts).
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureColdStart } from "./cold_start.ts";
import { measureLearning } from "./learning.ts";
import { WORKLOADS } from "./workloads.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string" },
    steps: { type: "string" },
    threads: { type: "string" },
    device: { type: "string", default: "cpu" },
    "base-precision": { type: "string" },
    "rollout-precision": { type: "string" },
    layers: { type: "string", multiple: true, default: [] },
    growth: { type: "boolean", default: false },
    "cold-start": { type: "boolean", default: false },
    learning: { type: "boolean", default: false },
    seeds: { type: "string", default: "5" },
    processes: { type: "string", default: "2" },
    runs: { type: "string" },
    picture: { type: "string" },
    models: { type: "string" },
    docs: { type: "boolean", default: false },
  },
});
if (options.growth) {
  await import("./growth.ts");
  Deno.exit();
}
if (options["cold-start"]) {
  await measureColdStart();
  Deno.exit();
}
if (options.learning) {
  const { python, runs, picture, models, docs } = options;
  // A run a core: jobs of this size gain little from a second thread.
  await measureLearning(positionals, {
    python,
    runs,
    picture,
    models,
    docs,
    seeds: Number(options.seeds),
    processes: Number(options.processes),
    threads: options.threads ?? "1",
  });
  Deno.exit();
}
const sizes = positionals.length > 0 ? positionals : ["tiny"];
const unknown = sizes.find((size) => !(size in WORKLOADS));
if (unknown) {
  console.error(`Cannot run workload '${unknown}': want one of ${Object.keys(WORKLOADS).join(", ")}`);
  Deno.exit(1);
}

/** Steps that make a steady median without taking all day. */
const STEPS: Record<string, string> = { tiny: "8", "135m": "3", "0.6b": "2", "0.6b-gpu": "3" };

/** Passed on as they are; the peers know nothing of them. */
const precision = (["base-precision", "rollout-precision"] as const).flatMap((name) =>
  options[name] === undefined ? [] : [`--${name}`, options[name]]
);

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

async function run(program: string, args: string[]): Promise<string> {
  const { code, stdout } = await new Deno.Command(program, {
    args,
    // The peers are measured on the CPU.
    env: options.device === "cpu" ? { CUDA_VISIBLE_DEVICES: "" } : {},
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} stopped with exit code ${code}`);
  return new TextDecoder().decode(stdout).trim();
}

function print(line: Record<string, unknown>): void {
  console.log(JSON.stringify(line));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function ratio(a: number, b: number): number {
  return Number((a / b).toFixed(2));
}

for (const size of sizes) {
  /** Seconds of a step by how many of the last layers it trains. */
  const fewer = new Map<number, number>();
  const steps = options.steps ?? STEPS[size]!;
  const args = [
    "run",
    "-A",
    path("ppo_step.ts"),
    size,
    "--steps",
    steps,
    "--threads",
    options.threads ?? "2",
    "--device",
    options.device,
    ...precision,
  ];
  const ours = JSON.parse((await run(Deno.execPath(), args)).split("\n").at(-1)!);
  print(ours);
  for (const layers of options.layers) {
    const some = JSON.parse((await run(Deno.execPath(), [...args, "--layers", layers])).split("\n").at(-1)!);
    print(some);
    print({
      size,
      "last layers": Number(layers),
      "ppo step, all layers": ratio(ours.median_step_s, some.median_step_s),
    });
    fewer.set(Number(layers), some.median_step_s);
  }
  if (!options.python) continue;

  const python = (script: string, ...more: string[]) =>
    run(options.python!, [path(`peers/${script}`), size, ...more]);
  const trl = JSON.parse((await python("trl_ppo.py", "lora")).split("\n").at(-1)!);
  print(trl);
  const hf = Number(/tok\/s (\d+)/.exec(await python("hf_gen.py"))![1]);
  print({ system: "transformers generate", size, tok_s: hf });
  const torch = Number(/fwd\+bwd ms ([\d.]+)/.exec(await python("torch_step.py", "lora"))![1]);
  print({ system: "torch policy forward and backward", size, ms: torch });
  print({
    size,
    base_precision: ours.base_precision,
    rollout_precision: ours.rollout_precision,
    "ratios, above 1 is better": {
      // The first step of each carries its start-up; a job is made of the others. TRL takes but one of 0.6b.
      "ppo step, steady, TRL": ratio(median(trl.per_step_s.slice(trl.steps > 1 ? 1 : 0)), ours.median_step_s),
      ...Object.fromEntries(
        [...fewer].map(([layers, seconds]) => [
          `ppo step of the last ${layers} layers, TRL's of all`,
          ratio(median(trl.per_step_s.slice(trl.steps > 1 ? 1 : 0)), seconds),
        ]),
      ),
      "ppo step, first included, TRL": ratio(
        trl.total_s / trl.steps,
        mean(ours.per_step_s.slice(0, trl.steps)),
      ),
      "rollout tokens per second, TRL": ratio(ours.rollout_tok_s, trl.gen_tok_s),
      "rollout tokens per second, transformers": ratio(ours.rollout_tok_s, hf),
      "policy forward and backward, torch": ratio(torch, ours.policy_update_ms),
      "peak memory, TRL": ratio(trl.peak_rss_mb, ours.peak_rss_mb),
    },
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
