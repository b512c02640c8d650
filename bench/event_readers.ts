/**
 * `deno run -A bench/event_readers.ts [readers]`: what readers of one job's events cost the API process while the job
 * trains. Prints JSON lines: how many are served, how many events each second reach them, memory before and with them,
 * processor time, and how long /healthz takes meanwhile.
 */
import { startServer } from "../tasks/start_server.ts";
import { demoPrompts } from "../tasks/tiny/prompts.ts";
import { cpuSeconds, rssMb } from "./process_cost.ts";

const readers = Number(Deno.args[0] ?? 1000);
const SECONDS = 10;

const server = await startServer();
try {
  const response = await fetch(`${server.url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{ kind: "ppo", model: "tiny", prompts: demoPrompts(), epochs: 1000 },
      ...{ ppo: { batch_size: 32, max_new_tokens: 32 }, reward: { type: "length", target: 8 } },
    }),
  });
  const { id } = await response.json();
  const path = `/v1/training-jobs/${id}`;
  const step = async () => (await (await fetch(server.url + path)).json()).progress.step as number;
  while (await step() < 3) await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(JSON.stringify({ readers, rss_before_mb: rssMb(server.pid) }));

  const { hostname, port } = new URL(server.url);
  const statuses: Record<string, number> = {};
  let events = 0;
  const decoder = new TextDecoder();
  const follow = async (connection: Deno.Conn) => {
    let first = true;
    for await (const chunk of connection.readable) {
      const text = decoder.decode(chunk);
      if (first) statuses[text.slice(9, 12)] = (statuses[text.slice(9, 12)] ?? 0) + 1;
      first = false;
      events += text.split("\nevent: ").length - 1;
    }
  };
  const request =
    `GET ${path}/events HTTP/1.1\r\nhost: ${hostname}:${port}\r\naccept: text/event-stream\r\n\r\n`;
  const connections: Deno.Conn[] = [];
  while (connections.length < readers) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connections.push(connection);
    await connection.write(new TextEncoder().encode(request));
    follow(connection).catch(() => {});
  }
  while (Object.values(statuses).reduce((sum, count) => sum + count, 0) < readers) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [cpu, read, start, firstStep] = [cpuSeconds(server.pid), events, performance.now(), await step()];
  const latencies: number[] = [];
  while (performance.now() - start < SECONDS * 1000) {
    const asked = performance.now();
    await (await fetch(`${server.url}/healthz`)).arrayBuffer();
    latencies.push(performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({
    statuses,
    rss_mb: rssMb(server.pid),
    steps: await step() - firstStep,
    events_per_s: Math.round((events - read) / seconds),
    cpu_share: Number(((cpuSeconds(server.pid) - cpu) / seconds).toFixed(3)),
    healthz_max_ms: Math.round(Math.max(...latencies)),
  }));
  for (const connection of connections) connection.close();
  await (await fetch(`${server.url}${path}/cancel`, { method: "POST" })).body?.cancel();
} finally {
  await server.stop();
}
