/**
 * `deno run -A bench/server.ts`: what the API process costs and how fast it answers. Prints JSON lines: seconds from
 * start to ready, its memory while idle, and the latency of GET /v1/training-jobs/{id} while that job trains.
 */
import { startServer } from "../tasks/start_server.ts";
import { demoPrompts } from "../tasks/tiny/prompts.ts";

const REQUESTS = 2000;

const started = performance.now();
const server = await startServer();
console.log(JSON.stringify({ ready_s: Number(((performance.now() - started) / 1000).toFixed(3)) }));
try {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const status = await Deno.readTextFile(`/proc/${server.pid}/status`);
  console.log(JSON.stringify({ idle_rss_mb: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024) }));

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
  await (await fetch(`${url}/cancel`, { method: "POST" })).body?.cancel();
} finally {
  await server.stop();
}
