/**
 * `deno run -A bench/event_readers.ts [--readers 1000] [--reads 2000] [--seconds 60]`: what a crowd of clients costs a
 * job that trains: alone, then with so many readers of its events, then with as many reads of the job a second beside.
 * The crowd runs on this machine too and takes its share of it. Prints a JSON line for each: how many are served, how
 * long reads take, seconds of a step, and the API process's memory and processor time.
 */
import { parseArgs } from "node:util";
import { startServer } from "../tasks/start_server.ts";
import { demoPrompts } from "../tasks/tiny/prompts.ts";
import { cpuSeconds, rssMb } from "./process_cost.ts";

const { values } = parseArgs({
  options: {
    readers: { type: "string", default: "1000" },
    reads: { type: "string", default: "2000" },
    seconds: { type: "string", default: "60" },
  },
});
const [readers, reads, seconds] = [Number(values.readers), Number(values.reads), Number(values.seconds)];
/** Connections that the reads share. */
const CLIENTS = 50;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const server = await startServer();
const { hostname, port } = new URL(server.url);
const connect = () => Deno.connect({ hostname, port: Number(port) });

async function startJob(): Promise<string> {
  const response = await fetch(`${server.url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{ kind: "ppo", model: "tiny", prompts: demoPrompts(), epochs: 1000 },
      ...{ ppo: { batch_size: 32, max_new_tokens: 32 }, reward: { type: "length", target: 8 } },
    }),
  });
  return `/v1/training-jobs/${(await response.json()).id}`;
}

/** Seconds of a step, over the steps that end in a time. */
async function stepSeconds(path: string, during_s: number): Promise<number> {
  const step = async () => (await (await fetch(server.url + path)).json()).progress.step as number;
  const next = async (from: number) => {
    let now = await step();
    while (now === from) {
      await pause(20);
      now = await step();
    }
    return { step: now, at: performance.now() };
  };
  const first = await next(await step());
  await pause(during_s * 1000);
  const last = await next(await step());
  return (last.at - first.at) / (last.step - first.step) / 1000;
}

/** Opens the readers; gives their statuses, and counts what comes. */
async function openReaders(path: string) {
  const seen = { statuses: {} as Record<string, number>, events: 0, close: () => {} };
  const connections: Deno.Conn[] = [];
  seen.close = () => connections.forEach((connection) => connection.close());
  const follow = async (connection: Deno.Conn) => {
    let first = true;
    for await (const chunk of connection.readable) {
      const text = decoder.decode(chunk);
      if (first) seen.statuses[text.slice(9, 12)] = (seen.statuses[text.slice(9, 12)] ?? 0) + 1;
      first = false;
      seen.events += text.split("\nevent: ").length - 1;
    }
  };
  const request =
    `GET ${path}/events HTTP/1.1\r\nhost: ${hostname}:${port}\r\naccept: text/event-stream\r\n\r\n`;
  while (connections.length < readers) {
    const connection = await connect();
    connections.push(connection);
    await connection.write(encoder.encode(request));
    follow(connection).catch(() => {});
  }
  const answered = () => Object.values(seen.statuses).reduce((sum, count) => sum + count, 0);
  while (answered() < readers) await pause(50);
  return seen;
}

/** Reads the job so often a second, each at its time whether or not those before are answered on other connections. */
async function readMany(path: string, until: number) {
  const latencies: number[] = [];
  let refused = 0;
  const request = encoder.encode(`GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`);
  const every_ms = 1000 * CLIENTS / reads;
  await Promise.all(Array.from({ length: CLIENTS }, async (_, i) => {
    const connection = await connect();
    const buffer = new Uint8Array(1 << 20);
    for (let due = performance.now() + every_ms * i / CLIENTS; due < until; due += every_ms) {
      await pause(Math.max(0, due - performance.now()));
      await connection.write(request);
      let [length, end] = [0, Infinity];
      while (length < end) {
        const count = await connection.read(buffer.subarray(length));
        if (count === null) throw new Error("Cannot read on: the server closed a connection");
        length += count;
        if (end === Infinity) end = answerEnd(decoder.decode(buffer.subarray(0, Math.min(length, 4096))));
      }
      if (buffer[9] !== 0x32) refused++;
      latencies.push(performance.now() - due);
    }
    connection.close();
  }));
  latencies.sort((a, b) => a - b);
  const at = (share: number) => Math.round(latencies[Math.floor(latencies.length * share)]! * 10) / 10;
  return { reads: latencies.length, refused, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(0.99999) };
}

/** Where an answer ends whose head is read; Infinity where the head is not. */
function answerEnd(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(text);
  return head < 0 ? Infinity : head + 4 + Number(length![1]);
}

try {
  const path = await startJob();
  await stepSeconds(path, 5);
  const measure = async (what: string, during_s: number, beside = () => Promise.resolve({})) => {
    const [cpu, start] = [cpuSeconds(server.pid), performance.now()];
    const [step_s, more] = await Promise.all([stepSeconds(path, during_s), beside()]);
    const cpu_share = (cpuSeconds(server.pid) - cpu) / (performance.now() - start) * 1000;
    console.log(JSON.stringify({
      ...{ what, step_s: Number(step_s.toFixed(4)), ...more },
      ...{ rss_mb: rssMb(server.pid), cpu_share: Number(cpu_share.toFixed(3)) },
    }));
  };
  await measure("alone", seconds / 2);
  const open = await openReaders(path);
  const before = open.events;
  await measure("readers", seconds / 2);
  console.log(JSON.stringify({ statuses: open.statuses, events_read: open.events - before }));
  await measure("readers and reads", seconds, () => readMany(path, performance.now() + seconds * 1000));
  open.close();
  await measure("alone again", seconds / 2);
  await (await fetch(`${server.url}${path}/cancel`, { method: "POST" })).body?.cancel();
} finally {
  await server.stop();
}
