/**
 * `deno run -A bench/records.ts [--tokens 1000000] [--steps small,large]`: what records take on the disk and how long reading them takes, for a
 * job of many small steps and for one of few large ones. The records are made up; a server reads them as those of any
 * job. Prints JSON lines: bytes by where they are and what one format would take beside another; milliseconds of pages, each
 * asked for at several places of the list, and of the processor's time that one takes; and the server's memory while it
 * streams all of it.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDatabase } from "../core/db/open_database.ts";
import { openTokens, recordsFolder } from "../core/formats/record_files.ts";
import { startServer } from "../tasks/start_server.ts";
import { madeStep, makeRecords, type RecordShape } from "../tests/core/records/make_records.ts";
import { cpuSeconds, rssMb } from "./process_cost.ts";

const { values } = parseArgs({
  options: {
    tokens: { type: "string", default: "1000000" },
    steps: { type: "string", default: "small,large" },
  },
});
const TOKENS = Number(values.tokens);

/** Rollouts of a step and tokens of each, prompts of some 100 tokens. */
const SHAPES = { small: [4, 50], large: [512, 200] } as const;

/** Times that each page is asked for. */
const TIMES = 20;

const print = (line: Record<string, unknown>) => console.log(JSON.stringify(line));

/** Bytes of all files below a folder, and of the blocks that they take. */
async function sizeOf(folder: string, names = /./) {
  const size = { files: 0, bytes: 0, disk_bytes: 0 };
  for await (const { name } of Deno.readDir(folder)) {
    if (!names.test(name)) continue;
    const { size: bytes, blocks } = await Deno.stat(join(folder, name));
    size.files++;
    size.bytes += bytes;
    size.disk_bytes += 512 * (blocks ?? Math.ceil(bytes / 512));
  }
  return size;
}

/** Milliseconds that something takes at best. */
async function best(work: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let time = 0; time < TIMES; time++) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return Number(least.toFixed(2));
}

/** The same tokens as a Parquet file of each step, written by the library that exports use; and a rollout of one read. */
async function asParquet(shape: RecordShape, tokens_each: number) {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const { parquetReadObjects } = await import("hyparquet");
  let bytes = 0, write_ms = 0, read_ms = 0;
  const steps = Math.min(shape.steps, 50);
  for (let step = 1; step <= steps; step++) {
    const { tokens } = madeStep(step, shape);
    const start = performance.now();
    const column = (name: "logprob" | "ref_logprob" | "value" | "reward" | "advantage" | "reward_to_go") => ({
      ...{ name, type: "FLOAT" as const, data: tokens.flatMap((row) => [...row[name]!]) },
    });
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: "token_id", type: "INT32", data: tokens.flatMap(({ token_id }) => [...token_id]) },
        { name: "text_end", type: "INT32", data: tokens.flatMap(({ text_end }) => [...text_end]) },
        ...(["logprob", "ref_logprob", "value", "reward", "advantage", "reward_to_go"] as const).map(column),
      ],
    });
    write_ms += performance.now() - start;
    bytes += buffer.byteLength;
    if (step > 1) continue;
    const [rowStart, rowEnd] = [tokens_each, 2 * tokens_each];
    read_ms = await best(() => parquetReadObjects({ file: buffer, rowStart, rowEnd }));
  }
  return { bytes: Math.round(bytes / steps * shape.steps), write_ms: write_ms / steps, read_ms };
}

function quantiles(ms: number[]) {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Number(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1));
  return { median_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) };
}

for (const [name, [rows, tokens]] of Object.entries(SHAPES)) {
  if (!values.steps.split(",").includes(name)) continue;
  const steps = Math.max(1, Math.round(TOKENS / rows / tokens));
  const shape = { steps, steps_per_epoch: Math.ceil(steps / 10), rows, tokens, prompt: 400 };
  const dataDir = await Deno.makeTempDir({ prefix: "proximal-records-" });
  const database = await openDatabase(dataDir);
  const started = performance.now();
  const job = await makeRecords(database, dataDir, shape, { records: { max_bytes: 1_000_000_000_000 } });
  const made_ms = (performance.now() - started) / steps;
  await database.close();
  const { size: database_bytes } = await Deno.stat(join(dataDir, "proximal.db"));
  const size = await sizeOf(recordsFolder(dataDir, job.id));
  const tokenFiles = await sizeOf(recordsFolder(dataDir, job.id), /tokens/);
  const parquet = await asParquet(shape, tokens);
  const folder = recordsFolder(dataDir, job.id);
  const rollout_read_ms = await best(async () => {
    const file = await openTokens(folder, 1);
    await file.read(1, 0, tokens);
    file.close();
  });
  print({
    what: "on the disk",
    steps_are: name,
    ...{ steps, rollouts: steps * rows, tokens: steps * rows * tokens },
    ...size,
    bytes_per_token: size.bytes / (steps * rows * tokens),
    database_bytes,
    database_bytes_per_rollout: database_bytes / (steps * rows),
    made_ms_per_step: made_ms,
    rollout_read_ms,
    ...{ tokens_bytes: tokenFiles.bytes, tokens_as_parquet_bytes: parquet.bytes },
    ...{ parquet_write_ms_per_step: parquet.write_ms, parquet_rollout_read_ms: parquet.read_ms },
  });

  const server = await startServer({ DATA_DIR: dataDir });
  const path = `${server.url}/v1/training-jobs/${job.id}`;
  const page = async (query: string) => {
    const start = performance.now();
    const body = await (await fetch(path + query)).json();
    return { ms: performance.now() - start, body };
  };
  const middle = Math.ceil(steps / 2);
  const pages = {
    "rollouts, first": "/rollouts?limit=100",
    "rollouts of a step": `/rollouts?step=${middle}&limit=100`,
    "rollouts of an epoch": "/rollouts?epoch=7&limit=100",
    "rollouts of a prompt, best first": "/rollouts?prompt=1&order=-reward&limit=100",
    "rollouts, best first": "/rollouts?order=-reward&limit=100",
    "rollouts between two rewards, longest first":
      "/rollouts?order=-length&min_reward=1&max_reward=1.5&limit=100",
    "rollouts of an epoch, worst first": "/rollouts?epoch=9&order=reward&limit=100",
    "tokens, first": "/attributions?limit=1000",
    "tokens of a step": `/attributions?step=${middle}&limit=1000`,
    "tokens of a rollout": `/attributions?rollout=${middle}-1&limit=1000`,
    "tokens of a prompt": "/attributions?prompt=2&limit=1000",
    "tokens after the middle": `/attributions?after=${middle}-1-${tokens - 1}&limit=1000`,
    "tokens of the last epoch": "/attributions?epoch=10&limit=1000",
  };
  for (const [what, query] of Object.entries(pages)) {
    const cold = await page(query);
    const times: number[] = [];
    let items = 0;
    const cpu = cpuSeconds(server.pid);
    // Each page and those after it, and again from the first.
    for (let time = 0, cursor = ""; time < TIMES; time++) {
      const { ms, body } = await page(query + cursor);
      times.push(ms);
      items = body.data.length;
      const again = query.replace(/&after=[^&]*|after=[^&]*&/, "");
      cursor = body.next_cursor && again === query ? `&after=${body.next_cursor}` : "";
    }
    const cpu_ms = Number(((cpuSeconds(server.pid) - cpu) * 1000 / TIMES).toFixed(1));
    print({
      what,
      steps_are: name,
      items,
      first_ms: Number(cold.ms.toFixed(1)),
      ...quantiles(times),
      cpu_ms,
    });
  }

  for (
    const query of [
      "format=ndjson",
      "format=ndjson&state_text=false",
      "format=parquet&state_text=false",
      "format=csv",
    ]
  ) {
    const start = performance.now();
    let bytes = 0, most = rssMb(server.pid), slowest = 0, over = false;
    const before = most;
    // Somebody who only wants to know whether the server is there.
    const asker = (async () => {
      while (!over) {
        const asked = performance.now();
        await (await fetch(`${server.url}/healthz`)).body?.cancel();
        slowest = Math.max(slowest, performance.now() - asked);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const response = await fetch(`${path}/attributions?${query}`);
    for await (const chunk of response.body!) {
      bytes += chunk.length;
      most = Math.max(most, rssMb(server.pid));
    }
    const seconds = (performance.now() - start) / 1000;
    over = true;
    await asker;
    print({
      ...{ what: `all tokens, ${query}`, steps_are: name, status: response.status, seconds, bytes },
      ...{ rss_mb_before: before, rss_mb_most: most, slowest_other_request_ms: slowest },
    });
  }
  await server.stop();
  await Deno.remove(dataDir, { recursive: true }).catch(() => {});
}
