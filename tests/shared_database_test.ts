/** Two servers on one database and one data folder: killed, asked at the wrong one, and with their database restarted. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { join } from "node:path";
import { openAt } from "../core/db/open_server_database.ts";
import { JOB_EVENTS, type JobEventType } from "../core/contract/job_events.ts";
import { jobs } from "../core/db/schema.ts";
import { testWithSqld as test, withSqld } from "./core/db/with_sqld.ts";
import { eventually } from "./core/jobs/supervised.ts";
import { Receiver } from "./core/webhooks/receiver.ts";
import { jobRequest } from "./routes/served.ts";
import { type SharedServer, spawnSharedServer } from "./spawn_shared_server.ts";

/** Longer than a busy machine keeps a server from saying a word; where it is not, jobs begin again and end all the same. */
const LEASE_MS = 10_000;

// deno-lint-ignore no-explicit-any
type Body = any;

/** An answer of a server, which may not reach its database for a moment. */
async function call(server: SharedServer, method: string, path: string, body?: unknown): Promise<Body> {
  return await eventually(async () => {
    const response = await fetch(server.url + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (response.status === 503) return null;
    assert.ok(response.status < 300, JSON.stringify(answer));
    return answer;
  });
}

/** The ids of a job's events as a stream of a server tells them, to its end. */
async function streamed(server: SharedServer, id: string): Promise<string[]> {
  const response = await fetch(`${server.url}/v1/training-jobs/${id}/events`, {
    headers: { accept: "text/event-stream" },
  });
  return [...(await response.text()).matchAll(/^id: ?(.*)$/gm)].map(([, event]) => event!);
}

test("Two servers share a database: jobs, cancels, events and webhooks survive kills of a server and the database", () =>
  withSqld(async (sqld, folder) => {
    const receiver = new Receiver();
    const data_dir = join(folder, "data");
    const start = () =>
      spawnSharedServer({ database_url: sqld.url, data_dir, lease_ms: LEASE_MS, max_jobs: 2 });
    // Both find an empty database.
    const servers = await Promise.all([start(), start()]);
    const db = await openAt({ url: sqld.url });
    try {
      let asked = 0;
      const create = async (...[behaviour, more = {}]: Parameters<typeof jobRequest>): Promise<string> => {
        const body = { ...jobRequest(behaviour, more), webhook: { url: receiver.url } };
        const { id } = await call(servers[asked++ % 2]!, "POST", "/v1/training-jobs", body);
        return id;
      };
      const status = async (id: string) => (await call(servers[1]!, "GET", `/v1/training-jobs/${id}`)).status;
      /** The servers that have a job, and not, once it has come to a step; any, where it is nobody's then. */
      const runs = async (id: string, step: number): Promise<[SharedServer, SharedServer]> => {
        const row = await eventually(async () => {
          const [row] = await db.read.select().from(jobs).where(eq(jobs.id, id));
          return row!.progress.step >= step && row!;
        });
        const [a, b] = servers as [SharedServer, SharedServer];
        return row.lease_owner === a.owner ? [a, b] : [b, a];
      };

      const hanging = await create("hang");
      const [, away] = await runs(hanging, 1);
      await call(away, "POST", `/v1/training-jobs/${hanging}/cancel`);
      await eventually(async () => await status(hanging) === "cancelled");

      // One that has come past its first checkpoint when its server dies.
      const orphan = await create("hang_once", { epochs: 3 });
      const succeeding = [];
      for (let count = 0; count < 4; count++) succeeding.push(await create("succeed"));
      const [killed, survivor] = await runs(orphan, 3);
      const streams = [orphan, ...succeeding].map(async (id) => ({ id, told: await streamed(survivor, id) }));
      await killed.end("SIGKILL");
      servers[servers.indexOf(killed)] = await start();
      await sqld.stop("SIGKILL");
      await sqld.start();
      for (let count = 0; count < 2; count++) succeeding.push(await create("succeed"));

      const all = [orphan, ...succeeding];
      for (const id of all) await eventually(async () => await status(id) === "succeeded");
      for (const id of all) {
        const { data, has_more } = await call(
          servers[0]!,
          "GET",
          `/v1/training-jobs/${id}/events?limit=1000`,
        );
        assert.equal(has_more, false);
        const types = data.map(({ type }: Body) => type.replace("training_job.", ""));
        assert.deepEqual(types.filter((type: string) => type === "succeeded"), ["succeeded"]);
        const steps = data.filter(({ type }: Body) => type === "training_job.step.completed")
          .map(({ data }: Body) => data.progress.step);
        assert.deepEqual(steps, Array.from({ length: id === orphan ? 6 : 4 }, (_, at) => at + 1));
        const told = () => new Set(receiver.received.map(({ headers }) => headers.get("webhook-id")));
        const wanted = data.filter(({ type }: Body) => JOB_EVENTS[type as JobEventType].webhook);
        assert.ok(wanted.length > 3);
        await eventually(() => wanted.every((event: Body) => told().has(event.id)));
      }
      const { data } = await call(servers[0]!, "GET", `/v1/training-jobs/${orphan}/events?limit=1000`);
      const again = data.find(({ type }: Body) => type === "training_job.attempt.started");
      assert.ok(again.data.attempt > 1);
      for (const { id, told } of await Promise.all(streams)) {
        const { data } = await call(servers[0]!, "GET", `/v1/training-jobs/${id}/events?limit=1000`);
        assert.deepEqual(told, data.map(({ id }: Body) => id));
      }
    } finally {
      await db.close();
      await Promise.all(servers.map((server) => server.end("SIGKILL")));
      await receiver.close();
    }
  }));
