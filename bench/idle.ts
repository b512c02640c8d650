/**
 * `idle.ts [SIZE …] [--steps N] [--layers K]`: which part of the processors' time each phase of a PPO step leaves idle, and what
 * the first step takes beside the others, as JSON lines. What other programs take of the processors counts as idle.
 */
import process from "node:process";
import { parseArgs } from "node:util";
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

/** Seconds of the clock, and of all processors together. */
interface Spent {
  wall: number;
  cpu: number;
}

/** What calls of an object's methods take, step by step, added to `spent`. */
function watch<T extends object>(target: T, method: keyof T, spend: (spent: Spent) => void): void {
  const original = target[method] as (...args: unknown[]) => Promise<unknown>;
  target[method] = (async (...args: unknown[]) => {
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    try {
      return await original.apply(target, args);
    } finally {
      const { user, system } = process.cpuUsage(cpu);
      spend({ wall: (performance.now() - wall) / 1e3, cpu: (user + system) / 1e6 });
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
    const under = (phase: string) => ({ wall, cpu }: Spent) => {
      const known = spent[phase] ??= { wall: 0, cpu: 0 };
      known.wall += wall;
      known.cpu += cpu;
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
    for await (const event of events()) {
      if (event.type !== "step") continue;
      steps.push({ seconds: event.metrics["time/step_s"]!, spent });
      spent = {};
    }
    const steady = steps.slice(1);
    const idle = (phase: string) =>
      median(steady.map(({ spent }) => 1 - spent[phase]!.cpu / (threads * spent[phase]!.wall)));
    const round = (value: number) => Number(value.toFixed(3));
    console.log(JSON.stringify({
      size,
      layers,
      first_step_s: round(steps[0]!.seconds),
      median_step_s: round(median(steady.map(({ seconds }) => seconds))),
      phase_s: Object.fromEntries(
        Object.keys(steady[0]!.spent).map((phase) => [
          phase,
          round(median(steady.map(({ spent }) => spent[phase]!.wall))),
        ]),
      ),
      idle_share: Object.fromEntries(
        Object.keys(steady[0]!.spent).map((phase) => [phase, round(idle(phase))]),
      ),
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
