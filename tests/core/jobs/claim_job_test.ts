/** Whose job comes next. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { jobs } from "../../../core/db/schema.ts";
import { claimJob, nextRetry_ms } from "../../../core/jobs/claim_job.ts";
import { type Supervised, supervised } from "./supervised.ts";

async function add(it: Supervised, owner: string | null): Promise<string> {
  const { id } = await it.create("succeed");
  await it.db.write((tx) => tx.update(jobs).set({ owner }).where(eq(jobs.id, id)));
  return id;
}

const end = (it: Supervised, id: string) =>
  it.db.write((tx) => tx.update(jobs).set({ status: "succeeded" }).where(eq(jobs.id, id)));

Deno.test("claimJob() lets owners take turns, and takes an owner's oldest first", async () => {
  await supervised(async (it) => {
    const names = new Map<string, string>();
    for (const [owner, count] of [["a", 4], ["b", 2], [null, 1]] as const) {
      for (let i = 1; i <= count; i++) names.set(await add(it, owner), `${owner}${i}`);
    }
    // One at a time.
    const order: string[] = [];
    for (let job = await claimJob(it.db); job; job = await claimJob(it.db)) {
      order.push(names.get(job.id)!);
      await end(it, job.id);
    }
    assert.deepEqual(order, ["a1", "b1", "null1", "a2", "b2", "a3", "a4"]);
  });
});

Deno.test("claimJob() gives the next place to the owner who has fewest", async () => {
  await supervised(async (it) => {
    const a = [await add(it, "a"), await add(it, "a"), await add(it, "a")];
    assert.equal((await claimJob(it.db))!.id, a[0]);
    assert.equal((await claimJob(it.db))!.id, a[1]);
    const b = [await add(it, "b"), await add(it, "b")];
    assert.equal((await claimJob(it.db))!.id, b[0]);
    assert.equal((await claimJob(it.db))!.id, b[1]);
    await it.db.write((tx) => tx.update(jobs).set({ status: "cancelled" }));
  });
});

Deno.test("claimJob() leaves those alone whose time has not come, and a clock that is set back holds up none for long", async () => {
  await supervised(async (it) => {
    const [soon, later] = [await add(it, null), await add(it, null)];
    const wait = (id: string, ms: number) =>
      it.db.write((tx) =>
        tx.update(jobs).set({ retry_at: new Date(Date.now() + ms) }).where(eq(jobs.id, id))
      );
    await wait(soon, 60_000);
    await wait(later, 100_000);
    assert.equal(await claimJob(it.db), null);
    const ms = await nextRetry_ms(it.db.read);
    assert.ok(ms! > 0 && ms! <= 60_000, `${ms}`);
    await wait(later, 24 * 3_600_000);
    assert.equal((await claimJob(it.db))!.id, later);
    await wait(soon, -1);
    assert.equal(await claimJob(it.db, { passedOver: [soon] }), null);
    const claimed = await claimJob(it.db);
    assert.deepEqual([claimed!.id, claimed!.retry_at], [soon, null]);
    assert.equal(await nextRetry_ms(it.db.read), null);
    await it.db.write((tx) => tx.update(jobs).set({ status: "cancelled" }));
  });
});
