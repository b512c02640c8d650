/**
 * A large dataset from its file to a job's first step: `dataset.ts [--rows N] [--format jsonl|csv]` makes a file
 * of so many short posts, sends it to a server of its own, and prints one JSON line for sending and one for a PPO job of
 * the embedded model on it: seconds, peaks of resident memory in MB, and how fast /healthz answered meanwhile.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "../tasks/start_server.ts";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    format: { type: "string", default: "jsonl" },
  },
});
const rows = Number(options.rows);
const format = options.format === "csv" ? "csv" : "jsonl";
const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
const mb = (bytes: number) => Math.round(bytes / 1e6);

/** A post that no other row has, of some 150 characters. */
function post(row: number): string {
  const what = ["bread", "a bike", "my sister", "the cat next door", "an old book"][row % 5];
  return `POST: I have thought about ${what} for ${row} days now and I do not know whom to ask. What would you do?\nTL;DR:`;
}

function line(row: number): string {
  const prompt = post(row);
  return format === "csv" ? `"${prompt}",${row}\n` : JSON.stringify({ prompt, number: row }) + "\n";
}

async function writeRows(path: string): Promise<number> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  if (format === "csv") await writer.write(encoder.encode("prompt,number\n"));
  for (let row = 0; row < rows;) {
    let text = "";
    for (const end = Math.min(row + 10_000, rows); row < end; row++) text += line(row);
    await writer.write(encoder.encode(text));
  }
  return (await Deno.stat(path)).size;
}

/** Highest resident bytes of a process so far; 0 once it is gone. */
async function peakOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}

/** Watches a server until it is told to stop. */
function watch(url: string, pid: number) {
  let ended = false;
  const took: number[] = [];
  let children = 0;
  const health = (async () => {
    while (!ended) {
      const began = performance.now();
      await fetch(`${url}/healthz`).then((answer) => answer.body?.cancel());
      took.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const peaks = (async () => {
    while (!ended) {
      const pids = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`).catch(() => "");
      for (const child of pids.split(" ").filter(Boolean)) {
        children = Math.max(children, await peakOf(Number(child)));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return async () => {
    ended = true;
    await Promise.all([health, peaks]);
    took.sort((a, b) => a - b);
    const at = (share: number) => Number(took[Math.floor((took.length - 1) * share)]!.toFixed(1));
    return {
      api_peak_mb: mb(await peakOf(pid)),
      child_peak_mb: mb(children),
      healthz_ms: { p50: at(0.5), p99: at(0.99), max: at(1) },
    };
  };
}

const server = await startServer({ REQUEST_TIMEOUT_S: "3600" });
try {
  const path = join(folder, `rows.${format}`);
  const bytes = await writeRows(path);
  const read = watch(server.url, server.pid);
  let began = performance.now();
  const seconds = () => Number(((performance.now() - began) / 1000).toFixed(2));
  const sent = await fetch(`${server.url}/v1/datasets?format=${format}`, {
    method: "POST",
    body: (await Deno.open(path)).readable,
  });
  const dataset = await sent.json();
  if (sent.status !== 201) throw new Error(JSON.stringify(dataset));
  const took = seconds();
  console.log(JSON.stringify({
    ...{
      sent: format,
      rows: dataset.rows,
      mb: mb(bytes),
      seconds: took,
      mb_per_s: Number((bytes / 1e6 / took).toFixed(1)),
    },
    ...await read(),
  }));
  for (const attempt of ["first job", "second job"]) {
    const readJob = watch(server.url, server.pid);
    began = performance.now();
    const answer = await fetch(`${server.url}/v1/training-jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ...{ kind: "ppo", model: "tiny", dataset: dataset.id, ppo: { batch_size: 8, max_new_tokens: 16 } },
        reward: { type: "length", target: 8 },
      }),
    });
    const job = await answer.json();
    if (answer.status !== 202) throw new Error(JSON.stringify(job));
    const checked = seconds();
    const path = `${server.url}/v1/training-jobs/${job.id}`;
    for (;;) {
      const { progress, status, error } = await (await fetch(path)).json();
      if (progress.step > 0) break;
      if (status === "failed") throw new Error(JSON.stringify(error));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log(JSON.stringify({
      ...{ job: attempt, rows: job.rows.count, check_seconds: checked, first_step_seconds: seconds() },
      ...await readJob(),
    }));
    await (await fetch(`${path}/cancel`, { method: "POST" })).body?.cancel();
  }
} finally {
  await server.stop();
  await Deno.remove(folder, { recursive: true });
}
