/**
 * `deno task chaos [--kills N] [--seed N]`: breaks a server on purpose and checks that nothing was lost. Short jobs of
 * several kinds are queued while their engines, the server, or both are killed or stopped at random moments, clients read
 * and stream, and webhooks flow. Every job must then have ended as one that nobody disturbed: the same metric rows but
 * for times, the same rollouts and tokens, the same bytes in its last checkpoint, each event once and in order, each
 * webhook delivered in order.
 * `--servers 2 --jobs 1000` breaks several servers on one database instead (`chaos/servers.ts`), until all jobs have ended.
 * Prints a JSON line a fault and one at the end; exits with 1 if there was a fault.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Webhook } from "standardwebhooks";
import { chaosJob, JOB_NAMES } from "./chaos/jobs.ts";
import { rewardService } from "./chaos/reward_service.ts";
import { type Body, differences, type Outcome, outcomeOf, placeOf } from "./chaos/outcome.ts";
import { chaosOfServers } from "./chaos/servers.ts";
import { enginesOf, orphanEngines, signal } from "./chaos/processes.ts";
import { type RunningServer, startServer } from "./start_server.ts";

const { values: options } = parseArgs({
  options: {
    ...{ kills: { type: "string", default: "200" }, seed: { type: "string", default: "0" } },
    ...{ servers: { type: "string", default: "1" }, jobs: { type: "string", default: "1000" } },
  },
});

/** Numbers in [0, 1), the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0; // mulberry32
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const random = randomNumbers(Number(options.seed));
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Who is broken, and how; a stopped process goes on after a while, or is killed then. */
const BLOWS = [
  { who: "engine", how: "SIGKILL" },
  { who: "engine", how: "SIGTERM" },
  { who: "engine", how: "SIGSTOP" },
  { who: "server", how: "SIGKILL" },
  { who: "server", how: "SIGTERM" },
  { who: "server", how: "SIGSTOP" },
  { who: "both", how: "SIGKILL" },
] as const;

const SECRET = `whsec_${btoa("a secret of the chaos task")}`;
const ENVIRONMENT = {
  OUTBOUND_ALLOW: "127.0.0.1",
  THREADS: "1",
  MAX_CONCURRENT_JOBS: "2",
  LOG_LEVEL: "silent",
};
const FINAL = ["succeeded", "failed", "cancelled"];

let faults = 0;
function fault(what: string, more: Record<string, unknown> = {}): void {
  faults++;
  console.log(JSON.stringify({ fault: what, ...more }));
}

if (Number(options.servers) > 1) {
  const of = { servers: Number(options.servers), jobs: Number(options.jobs), kills: Number(options.kills) };
  console.log(JSON.stringify({ ...await chaosOfServers({ ...of, random, fault }), faults }));
  Deno.exit(faults === 0 ? 0 : 1);
}

/** A server on one data folder, started again whenever it was broken. */
class Patient {
  readonly dataDir: string;
  #server: RunningServer | null = null;
  restarts = 0;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  get pid(): number | null {
    return this.#server?.pid ?? null;
  }

  async start(): Promise<void> {
    this.#server = await startServer({ ...ENVIRONMENT, DATA_DIR: this.dataDir });
  }

  /** Sends the signal, waits for the end of the process, and starts it anew. */
  async restart(how: Deno.Signal): Promise<void> {
    const server = this.#server!;
    this.#server = null;
    signal(server.pid, how);
    await server.ended;
    this.restarts++;
    await this.start();
  }

  /** Waits out the times in which there is no server. */
  async call(method: string, path: string, body?: unknown, headers: HeadersInit = {}): Promise<Body> {
    for (let tries = 0;; tries++) {
      try {
        const response = await fetch(this.#server!.url + path, {
          method,
          headers: { "content-type": "application/json", ...headers },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(30_000),
        });
        if (response.status < 500) return await response.json();
        if (response.status !== 503 || !response.headers.has("retry-after")) {
          fault("an answer of 5xx that is no 503 with Retry-After", { path, status: response.status });
        }
        await response.body?.cancel();
      } catch (thrown) {
        if (tries > 6000) throw thrown;
      }
      await pause(100);
    }
  }

  async stream(path: string, lastId: string | null, on: (id: string, text: string) => void): Promise<void> {
    const response = await fetch(this.#server!.url + path, {
      headers: { accept: "text/event-stream", ...(lastId && { "last-event-id": lastId }) },
    });
    if (!response.body || response.status !== 200) return void await response.body?.cancel();
    let rest = "";
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const id = /^id: ?(.*)$/m.exec(block)?.[1], data = /^data: ?(.*)$/m.exec(block)?.[1];
        if (id && data) on(id, data);
      }
    }
  }

  async stop(): Promise<void> {
    const server = this.#server!;
    signal(server.pid, "SIGTERM");
    await server.ended;
  }
}

/** Runs each kind once with nobody in the way. */
async function undisturbed(): Promise<Map<string, Outcome>> {
  const folder = await Deno.makeTempDir({ prefix: "proximal-calm-" });
  const server = new Patient(folder);
  await server.start();
  const outcomes = new Map<string, Outcome>();
  const get = (path: string) => server.call("GET", path);
  for (const kind of JOB_NAMES) {
    const { id } = await server.call("POST", "/v1/training-jobs", chaosJob(kind, service.url));
    while (!FINAL.includes((await get(`/v1/training-jobs/${id}`)).status)) await pause(100);
    outcomes.set(kind, await outcomeOf(get, id));
  }
  await server.stop();
  await Deno.remove(folder, { recursive: true });
  return outcomes;
}

const service = rewardService();
const calm = await undisturbed();
for (const [kind, { status, error }] of calm) {
  if (status !== "succeeded") fault("a job fails with nobody in the way", { kind, status, error });
}

const dataDir = await Deno.makeTempDir({ prefix: "proximal-chaos-" });
const server = new Patient(dataDir);
await server.start();
service.disturb(randomNumbers(Number(options.seed) + 1));

/** First receipts of a job's webhooks, in the order in which they came. */
const hooks = new Map<string, { id: string; type: string }[]>();
const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  const text = await request.text();
  new Webhook(SECRET).verify(text, Object.fromEntries(request.headers));
  if (random() < 0.1) return new Response(null, { status: 500 });
  const { type, data } = JSON.parse(text);
  const list = hooks.get(data.job.id) ?? [];
  hooks.set(data.job.id, list);
  const id = request.headers.get("webhook-id")!;
  if (!list.some((one) => one.id === id)) list.push({ id, type });
  return new Response(null, { status: 204 });
});

const started = performance.now();
const jobs: { id: string; kind: string; streamed: string[]; streaming: Promise<void> }[] = [];
let kills = 0, over = false;

async function follow(job: (typeof jobs)[number]): Promise<void> {
  let last: string | null = null, ended = false;
  while (!ended) {
    await server.stream(`/v1/training-jobs/${job.id}/events`, last, (id, text) => {
      last = id;
      job.streamed.push(id);
      ended = /^training_job\.(succeeded|failed|cancelled)$/.test(JSON.parse(text).type);
    }).catch(() => {});
    if (!ended) await pause(50);
  }
}

/** Keeps a few jobs waiting, so that there is always something to break. */
async function submit(): Promise<void> {
  while (!over) {
    const { data } = await server.call("GET", "/v1/training-jobs?limit=100");
    const open = data.filter(({ status }: Body) => !FINAL.includes(status)).length;
    if (open < 6) {
      const kind = JOB_NAMES[jobs.length % JOB_NAMES.length]!;
      const answer = await server.call("POST", "/v1/training-jobs", {
        ...chaosJob(kind, service.url),
        webhook: { url: `http://127.0.0.1:${receiver.addr.port}/`, secret: SECRET },
      }, { "idempotency-key": `chaos-${jobs.length}` });
      if (!answer.id) {
        fault("a job is refused", { kind, answer });
        await pause(500);
        continue;
      }
      const job: (typeof jobs)[number] = { id: answer.id, kind, streamed: [], streaming: Promise.resolve() };
      job.streaming = follow(job);
      jobs.push(job);
    }
    await pause(200);
  }
}

/** Somebody who looks all the time. */
async function read(): Promise<void> {
  while (!over) {
    await server.call("GET", "/v1/training-jobs?limit=100");
    if (jobs.length > 0) await server.call("GET", `/v1/training-jobs/${pick(jobs).id}/metrics?limit=10`);
    await pause(50);
  }
}

async function strike(): Promise<void> {
  const blow = pick(BLOWS);
  const pid = server.pid!;
  const engines = enginesOf(pid);
  if (blow.who === "engine") {
    if (engines.length === 0) return;
    const engine = pick(engines);
    signal(engine, blow.how);
    if (blow.how === "SIGSTOP") {
      await pause(500 + 1500 * random());
      signal(engine, random() < 0.5 ? "SIGCONT" : "SIGKILL");
    }
  } else if (blow.how === "SIGSTOP") {
    signal(pid, "SIGSTOP");
    await pause(200 + 800 * random());
    if (random() < 0.5) signal(pid, "SIGCONT");
    else await server.restart("SIGKILL");
  } else {
    if (blow.who === "both") { for (const engine of engines) signal(engine, "SIGKILL"); }
    await server.restart(blow.how);
  }
  kills++;
}

const clients = [submit(), read(), read()];
while (kills < Number(options.kills)) {
  // Most of what can be lost is a running job's.
  for (let looks = 0; looks < 100; looks++) {
    const { data } = await server.call("GET", "/v1/training-jobs?status=running&limit=1");
    if (data.length > 0) break;
    await pause(100);
  }
  await pause(100 + 2900 * random() ** 2);
  await strike();
}
over = true;
await Promise.all(clients);
for (const { id } of jobs) {
  const patience = performance.now() + 600_000;
  for (;;) {
    const { status } = await server.call("GET", `/v1/training-jobs/${id}`);
    if (FINAL.includes(status)) break;
    if (performance.now() > patience) {
      fault("a job has no end", { id, status });
      break;
    }
    await pause(200);
  }
}

const get = (path: string) => server.call("GET", path);
for (const job of jobs) {
  const outcome = await outcomeOf(get, job.id);
  for (const difference of differences(calm.get(job.kind)!, outcome)) {
    fault("a job did not end as it does undisturbed", { id: job.id, kind: job.kind, difference });
  }
  const listed: string[] = [];
  for (let after = "";;) {
    const page = await get(`/v1/training-jobs/${job.id}/events?limit=1000${after}`);
    listed.push(...page.data.map(({ id }: Body) => String(id)));
    if (!page.has_more) break;
    after = `&after=${page.next_cursor}`;
  }
  await Promise.race([job.streaming, pause(5000)]);
  if (JSON.stringify(job.streamed) !== JSON.stringify(listed)) {
    fault("a stream is not the list of events", {
      id: job.id,
      streamed: job.streamed.length,
      listed: listed.length,
    });
  }
}

// What was to be told, by the list of events. A receiver that failed is tried again after a second, then five, then thirty.
const patience = performance.now() + 300_000;
for (const { id } of jobs) {
  const pending = `/v1/training-jobs/${id}/deliveries?status=pending&limit=1`;
  while ((await get(pending)).data.length > 0 && performance.now() < patience) await pause(500);
  const events = (await get(`/v1/training-jobs/${id}/events?limit=1000`)).data as Body[];
  const told = new Set(hooks.get(id)?.map((hook) => hook.id));
  const missing = events.filter(({ type }) =>
    /\.(epoch\.completed|checkpoint\.created|succeeded)$/.test(type)
  )
    .filter((event) => !told.has(event.webhook_id ?? event.id));
  if (missing.length > 0) fault("webhooks are missing", { id, missing: missing.map(placeOf) });
  const order = (hooks.get(id) ?? []).map((hook) => events.findIndex((event) => event.id === hook.id));
  if (order.some((at, index) => index > 0 && at < order[index - 1]!)) {
    fault("webhooks came in another order", { id, order });
  }
}

await server.stop();
await pause(1000);
const orphans = orphanEngines([]);
if (orphans.length > 0) fault("engines are left without a server", { orphans });
await receiver.shutdown();
await service.close();
console.log(JSON.stringify({
  kills,
  restarts: server.restarts,
  jobs: jobs.length,
  minutes: Number(((performance.now() - started) / 60_000).toFixed(1)),
  faults,
}));
if (faults === 0) await Deno.remove(dataDir, { recursive: true });
else console.log(JSON.stringify({ kept: join(dataDir) }));
Deno.exit(faults === 0 ? 0 : 1);
