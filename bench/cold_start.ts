/**
 * `deno task bench --cold-start`: how long nobody is answered after a start, as JSON lines: seconds until the server is
 * ready, on a data folder that is there; of the first generation with the embedded model, for which an engine process
 * starts; and of the first one after that process was stopped because it was idle (SERVING_IDLE_S). Nothing is started
 * ahead. Figures are those of an idle machine only when it is one.
 */
import { cpus } from "node:os";
import { type RunningServer, startServer } from "../tasks/start_server.ts";
import { cpuSeconds, rssMb } from "./process_cost.ts";

const STARTS = 9;
const EVICTIONS = 5;

const GENERATION = { model: "tiny", prompts: ["Once upon a time"], max_new_tokens: 16, seed: 1 };

function quartiles(values: number[]): Record<string, number> {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Number(sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(3));
  return { min: at(0), p50: at(0.5), max: at(1) };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function generate({ url }: RunningServer): Promise<void> {
  const response = await fetch(`${url}/v1/generations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(GENERATION),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
}

/** Resolves when no engine process that serves is left. */
async function evicted({ url }: RunningServer): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text();
    if (/^proximal_engines\{role="serving"\} 0$/m.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Measures, and prints a line for each thing. */
export async function measureColdStart(): Promise<void> {
  const print = (line: Record<string, unknown>) => console.log(JSON.stringify(line));
  print({ cpu: cpus()[0]?.model, cores: navigator.hardwareConcurrency, load: Deno.loadavg()[0] });
  const DATA_DIR = await Deno.makeTempDir({ prefix: "proximal-" });
  try {
    const ready: number[] = [], cpu: number[] = [];
    let memory = 0;
    for (let i = 0; i < STARTS; i++) {
      let server: RunningServer | undefined;
      ready.push(await seconds(async () => server = await startServer({ DATA_DIR })));
      cpu.push(cpuSeconds(server!.pid));
      memory = rssMb(server!.pid);
      await server!.stop();
    }
    // The first one made the database.
    print({ ready_s: quartiles(ready.slice(1)), cpu_s: quartiles(cpu.slice(1)), rss_mb: memory });

    const server = await startServer({ DATA_DIR, SERVING_IDLE_S: "1" });
    try {
      const first = await seconds(() => generate(server));
      const warm = await seconds(() => generate(server));
      const after: number[] = [];
      for (let i = 0; i < EVICTIONS; i++) {
        await evicted(server);
        after.push(await seconds(() => generate(server)));
      }
      print({
        first_generation_s: Number(first.toFixed(3)),
        second_generation_s: Number(warm.toFixed(3)),
        generation_after_eviction_s: quartiles(after),
      });
    } finally {
      await server.stop();
    }
  } finally {
    await Deno.remove(DATA_DIR, { recursive: true });
  }
}
