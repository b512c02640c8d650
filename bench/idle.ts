/**
 * `idle.ts [SIZE …] [--steps N] [--layers K]`: which part of the processors' time each phase of a PPO step leaves idle, and what
 * the first step takes beside the others, as JSON lines. What other programs take of the processors counts as idle in
 * `idle_share`; not in `host_share`, the part that is left idle by what JavaScript does between runs while the other threads
 * wait, which is told from processor time alone (of Linux).
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { Binding } from "../core/ort/binding.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { randomModels } from "./random_models.ts";
import { median, openWorkload } from "./workload_run.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
    layers: { type: "string" },
  },
});
const threads = Number(options.threads);
const layers = options.layers === undefined ? null : { last: Number(options.layers) };

/** Seconds of the clock, of all processors together, and of the thread of JavaScript outside of runs. */
interface Spent {
  wall: number;
  cpu: number;
  host: number;
}

const THREAD_CPU_TIME = 3;
const time = new BigInt64Array(2);
const libc = Deno.build.os === "linux"
  ? Deno.dlopen("libc.so.6", { clock_gettime: { parameters: ["i32", "buffer"], result: "i32" } })
  : null;

/** Seconds that this thread has had of a processor, as they are now; NaN where it cannot be told. */
function threadSeconds(): number {
  if (!libc || libc.symbols.clock_gettime(THREAD_CPU_TIME, time) !== 0) return NaN;
  return Number(time[0]) + Number(time[1]) / 1e9;
}

/** Of those, the seconds in runs. */
let inRuns = 0;
const { runSync } = Binding.prototype;
Binding.prototype.runSync = function (...args) {
  const started = threadSeconds();
  try {
    return runSync.apply(this, args);
  } finally {
    inRuns += threadSeconds() - started;
  }
};

/** What calls of an object's methods take, step by step, added to `spent`. */
function watch<T extends object>(target: T, method: keyof T, spend: (spent: Spent) => void): void {
  const original = target[method] as (...args: unknown[]) => Promise<unknown>;
  target[method] = (async (...args: unknown[]) => {
    const [wall, cpu, host] = [performance.now(), process.cpuUsage(), threadSeconds() - inRuns];
    try {
      return await original.apply(target, args);
    } finally {
      const { user, system } = process.cpuUsage(cpu);
      spend({
        wall: (performance.now() - wall) / 1e3,
        cpu: (user + system) / 1e6,
        host: threadSeconds() - inRuns - host,
      });
    }
  }) as T[keyof T];
}

for (const size of positionals.length > 0 ? positionals : ["tiny"]) {
  const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
  try {
    const { B, P, R } = WORKLOADS[size as WorkloadName];
    const runtime = Runtime.open({ library: Deno.env.get("ORT_LIBRARY") || undefined, threads });
    const trainable = { type: "lora", layers } as const;
    const { learner, reward, events } = await openWorkload(runtime, await randomModels(size, folder), {
      B,
      P,
      R,
    }, {
      steps: Number(options.steps),
      trainable,
    });
    let spent: Record<string, Spent> = {};
    const under = (phase: string) => (more: Spent) => {
      const known = spent[phase] ??= { wall: 0, cpu: 0, host: 0 };
      for (const name of ["wall", "cpu", "host"] as const) known[name] += more[name];
    };
    const { policy, critic, trunk, policyOptimizer } = learner;
    watch(policy, "respond", under("rollout"));
    watch(reward, "score", under("reward"));
    for (const network of [policy, critic!.network]) {
      watch(network as typeof policy, "analyze", under("analyze"));
      watch(network as typeof policy, "train", under("train"));
    }
    if (trunk) watch(trunk, "run", under("analyze"));
    for (const optimizer of [policyOptimizer, critic!.optimizer]) {
      watch(optimizer, "apply", under("optimizer"));
    }
    const steps: { seconds: number; spent: Record<string, Spent> }[] = [];
    let began: Omit<Spent, "wall"> = { cpu: 0, host: 0 };
    const sofar = () => {
      const { user, system } = process.cpuUsage();
      return { cpu: (user + system) / 1e6, host: threadSeconds() - inRuns };
    };
    began = sofar();
    for await (const event of events()) {
      if (event.type !== "step") continue;
      const wall = event.metrics["time/step_s"]!;
      const now = sofar();
      under("step")({ wall, cpu: now.cpu - began.cpu, host: now.host - began.host });
      began = now;
      steps.push({ seconds: event.metrics["time/step_s"]!, spent });
      spent = {};
    }
    const steady = steps.slice(1);
    const phases = Object.keys(steady[0]!.spent);
    const round = (value: number) => Number(value.toFixed(3));
    const ofPhases = (figure: (spent: Spent) => number) =>
      Object.fromEntries(
        phases.map((phase) => [phase, round(median(steady.map(({ spent }) => figure(spent[phase]!))))]),
      );
    console.log(JSON.stringify({
      size,
      layers,
      first_step_s: round(steps[0]!.seconds),
      median_step_s: round(median(steady.map(({ seconds }) => seconds))),
      phase_s: ofPhases(({ wall }) => wall),
      idle_share: ofPhases(({ wall, cpu }) => 1 - cpu / (threads * wall)),
      cpu_s: ofPhases(({ cpu }) => cpu),
      // The other threads' share of the time that they would take if runs kept all of them busy.
      host_share: ofPhases(({ cpu, host }) => {
        const others = (threads - 1) * host;
        return others / (cpu + others);
      }),
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
