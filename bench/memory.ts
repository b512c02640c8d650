/**
 * Where a PPO step's memory goes: `memory.ts SIZE [--steps N]` prints one JSON line per kind of run, with the process's
 * peak while it ran and what was left after it, in MB, and a last one for the whole beside the estimate of a dry run.
 */
import { parseArgs } from "node:util";
import { Runtime } from "../core/ort/runtime.ts";
import { randomModels } from "./random_models.ts";
import { memory, openWorkload, resetPeak } from "./workload_run.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals: [size = "tiny"] } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: "string", default: "1" } },
});
const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
const print = (line: Record<string, unknown>) => console.log(JSON.stringify(line));
const mb = (bytes: number) => Math.round(bytes / 1e6);
let most = 0;
const peaks = new Map<string, { peak: number; after: number }>();

/** Runs `work` with a peak of its own. */
async function weigh<T>(name: string, work: () => Promise<T>): Promise<T> {
  await resetPeak();
  const result = await work();
  const { rss, peak } = await memory();
  most = Math.max(most, peak);
  peaks.set(name, { peak: Math.max(peak, peaks.get(name)?.peak ?? 0), after: rss });
  return result;
}

/** Weighs each call of a method under its name. */
function weighed<Name extends string>(
  target: { [Key in Name]: (...args: never[]) => Promise<unknown> },
  method: Name,
  name: string,
): void {
  const plain = target[method].bind(target) as (...args: unknown[]) => Promise<unknown>;
  target[method] = ((...args: unknown[]) => weigh(name, () => plain(...args))) as typeof target[Name];
}

try {
  const folders = await randomModels(size, folder);
  const workload = WORKLOADS[size as WorkloadName];
  const runtime = await weigh("start", () => Promise.resolve(Runtime.open({ threads: 2 })));
  const run = await weigh(
    "open",
    () => openWorkload(runtime, folders, workload, { steps: Number(options.steps) }),
  );
  const { policy, critic } = run.learner;
  weighed(policy, "respond", "rollout");
  weighed(run.reward, "score", "reward");
  weighed(policy, "analyze", "analyze policy");
  weighed(critic!.network, "analyze", "analyze critic");
  weighed(policy, "train", "train policy");
  weighed(critic!.network, "train", "train critic");
  for await (const event of run.events()) if (event.type === "step") await memory();
  for (const [phase, { peak, after }] of peaks) {
    print({ size, phase, peak_mb: mb(peak), after_mb: mb(after) });
  }
  const { memory_bytes, memory: parts } = run.cost;
  print({
    size,
    peak_mb: mb(most),
    estimate_mb: mb(memory_bytes),
    estimate_over_peak: Number((memory_bytes / most).toFixed(2)),
    estimate_parts_mb: Object.fromEntries(Object.entries(parts).map(([name, bytes]) => [name, mb(bytes)])),
  });
} finally {
  await Deno.remove(folder, { recursive: true });
}
