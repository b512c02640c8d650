import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { Database } from "../../core/db/open_database.ts";
import { jobs } from "../../core/db/schema.ts";
import { KeyRing } from "../../core/keys/key_ring.ts";
import { createApp } from "../../routes/app.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { type Served, served } from "./served.ts";

const PATH = "/v1/training-jobs";

/** An app on the same database, whose reads are counted, and a clock for it that stands still until it is set. */
async function counted(
  it: Served,
  work: (app: ReturnType<typeof createApp>, reads: () => number, set: (ms: number) => void) => Promise<void>,
): Promise<void> {
  let reads = 0;
  const read = new Proxy(it.db.read, {
    get(target, name) {
      if (name === "select") reads++;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const db = new Proxy(it.db, {
    get: (target, name) => name === "read" ? read : Reflect.get(target, name),
  }) as Database;
  const unused = undefined as never;
  const app = createApp({
    ...{ db, supervisor: it.supervisor, feed: it.feed, deliverer: it.deliverer, dataDir: it.folder },
    ...{
      serving: unused,
      guard: unused,
      answering: unused,
      graders: null as never,
      modules: unused,
      launcher: unused,
      datasets: unused,
      files: unused,
      fineTuning: unused,
      registry: unused,
    },
    ...{ device: "cpu", modelRoots: [] },
    keys: new KeyRing({ db, environment: [], logger: unused }),
    logger: { info() {}, with: () => ({ info() {} }) } as never,
    closing: new AbortController().signal,
  });
  const { now } = performance;
  let at = 1000;
  performance.now = () => at;
  try {
    await work(app, () => reads, (ms) => at = ms);
  } finally {
    performance.now = now;
  }
}

Deno.test("Reads are shared until something is written, or another program may have", async () => {
  await served(async (it) => {
    const { id } = await it.create("succeed");
    await it.reaches(id, "succeeded");
    await eventually(() => it.supervisor.running.size === 0);
    await counted(it, async (app, reads, set) => {
      const get = async (path: string) => {
        const response = await app.request(path);
        return { text: await response.text(), type: response.headers.get("content-type") };
      };
      for (const path of [`${PATH}/${id}`, PATH, `${PATH}?limit=1`, `${PATH}/${id}/metrics?limit=2`]) {
        const first = await get(path);
        const before = reads();
        for (let i = 0; i < 20; i++) assert.deepEqual(await get(path), first);
        assert.equal(reads(), before, path);
      }
      const metadata = async () => JSON.parse((await get(`${PATH}/${id}`)).text).metadata;
      await it.db.write((tx) =>
        tx.update(jobs).set({ metadata: { seen: "at once" } }).where(eq(jobs.id, id))
      );
      assert.deepEqual(await metadata(), { seen: "at once" });

      const before = reads();
      await metadata();
      assert.equal(reads(), before);
      set(2000);
      await metadata();
      assert.ok(reads() > before, "what is older than half a second is read again");

      const known = reads();
      assert.equal((await it.call("GET", "/readyz")).status, 200);
      await metadata();
      assert.equal(reads(), known, "a transaction that wrote nothing is no reason to read again");

      set(3000);
      const alone = reads();
      await metadata();
      const cost = reads() - alone;
      set(4000);
      const together = reads();
      const seen = await Promise.all(Array.from({ length: 8 }, metadata));
      assert.equal(reads() - together, cost, "who asks while an answer is made waits for it");
      seen.forEach((one) => assert.deepEqual(one, { seen: "at once" }));

      const head = await app.request(`${PATH}/${id}`, { method: "HEAD" });
      assert.equal(head.status, 200);
      assert.equal((await app.request(`${PATH}/job_unknown`)).status, 404);
      assert.ok(reads() > known);
    });
  });
});
