/**
 * `deno run -A bench/server.ts`: what the API process costs and how fast it answers. Prints JSON lines: seconds from
 * start to ready, its memory while idle, the latency of GET /v1/training-jobs/{id} while that job trains, and how much
 * processor time one costs at some hundred a second, above what the process uses anyway.
 */
import { startServer } from "../tasks/start_server.ts";
import { demoPrompts } from "../tasks/tiny/prompts.ts";
import { cpuSeconds, rssMb } from "./process_cost.ts";

const REQUESTS = 2000;
const CLIENTS = 8;
const SECONDS = 8;
/** Each client's pause between two requests. */
const PAUSE_MS = 8;

const started = performance.now();
const server = await startServer();
console.log(JSON.stringify({ ready_s: Number(((performance.now() - started) / 1000).toFixed(3)) }));
try {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  console.log(JSON.stringify({ idle_rss_mb: rssMb(server.pid) }));

  const response = await fetch(`${server.url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      kind: "ppo",
      model: "tiny",
      prompts: demoPrompts(),
      epochs: 1000,
      ppo: { batch_size: 32, max_new_tokens: 32 },
      reward: { type: "length", target: 8 },
    }),
  });
  const job = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(job));
  const url = `${server.url}/v1/training-jobs/${job.id}`;
  const step = async () => (await (await fetch(url)).json()).progress.step as number;
  while (await step() === 0) await new Promise((resolve) => setTimeout(resolve, 100));

  const before = await step();
  const times: number[] = [];
  for (let request = 0; request < REQUESTS; request++) {
    const start = performance.now();
    await (await fetch(url)).arrayBuffer();
    times.push(performance.now() - start);
    // Spread over many training steps instead of racing through one.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Number(times[Math.floor(share * (REQUESTS - 1))]!.toFixed(2));
  console.log(JSON.stringify({
    requests: REQUESTS,
    steps_trained_meanwhile: await step() - before,
    latency_ms: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
  }));

  const used = async (work: () => Promise<void>) => {
    const [cpu, start] = [cpuSeconds(server.pid), performance.now()];
    await work();
    return { cpu_s: cpuSeconds(server.pid) - cpu, wall_s: (performance.now() - start) / 1000 };
  };
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  for (
    const path of [url, `${server.url}/v1/training-jobs`, `${url}/metrics?limit=20`, `${server.url}/healthz`]
  ) {
    const alone = await used(() => sleep(SECONDS * 1000));
    let reads = 0;
    const asked = await used(async () => {
      const end = performance.now() + SECONDS * 1000;
      await Promise.all(Array.from({ length: CLIENTS }, async () => {
        for (; performance.now() < end; reads++) {
          await (await fetch(path)).arrayBuffer();
          await sleep(PAUSE_MS);
        }
      }));
    });
    const cpu_s = asked.cpu_s - alone.cpu_s / alone.wall_s * asked.wall_s;
    console.log(JSON.stringify({
      path: new URL(path).pathname.replace(job.id, "{id}"),
      reads_per_s: Math.round(reads / asked.wall_s),
      cpu_ms_per_read: Number((cpu_s / reads * 1000).toFixed(3)),
    }));
  }
  await (await fetch(`${url}/cancel`, { method: "POST" })).body?.cancel();
} finally {
  await server.stop();
}
