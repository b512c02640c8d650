/** What becomes of receivers that answer badly, of endpoints that are disabled, and of what waits for them. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { jobs } from "../../../core/db/schema.ts";
import {
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  updateEndpoint,
} from "../../../core/webhooks/endpoints.ts";
import { expireKept } from "../../../core/webhooks/outbox.ts";
import { eventually } from "../jobs/supervised.ts";
import { outboxed } from "./outboxed.ts";
import { Receiver } from "./receiver.ts";

const numbers = (receiver: Receiver) => receiver.received.map(({ body }) => body.data.n);

Deno.test("410 disables an endpoint; what it did not take goes out in order when it is enabled again", async () => {
  let isGone = true;
  const receiver = new Receiver((count) => new Response(null, { status: isGone && count > 1 ? 410 : 200 }));
  await outboxed(async (it) => {
    const { id } = await it.endpoint(receiver.url);
    const job = await it.job(null);
    it.start();
    await it.say(job, { count: 3 });
    const disabled = await eventually(async () => {
      const row = await getEndpoint(it.db, id);
      return row.disabled_at !== null && row;
    });
    assert.equal(disabled.disabled_code, "gone");
    assert.match(disabled.disabled_reason!, /410/);
    assert.ok(it.logs.some((line) => line.includes("A webhook is disabled") && line.includes(id)));
    // What happens meanwhile is kept, over a restart too.
    await it.say(job);
    await it.stop();
    it.start();
    await it.say(job);
    assert.deepEqual((await it.deliveries(id)).map(({ status }) => status), [
      ...["delivered", "pending", "pending", "pending", "pending"],
    ]);
    isGone = false;
    await updateEndpoint(it.db, id, { status: "enabled" });
    it.deliverer!.refresh(id);
    await it.settled(id);
    assert.deepEqual(numbers(receiver), [1, 2, 2, 3, 4, 5]);
    const again = await getEndpoint(it.db, id);
    assert.deepEqual([again.disabled_code, again.failing_since], [null, null]);
  });
  await receiver.close();
});

Deno.test("410 gives up a job's own webhook: what waits has failed, and nothing more is written for it", async () => {
  const receiver = new Receiver((count) => new Response("gone", { status: count > 1 ? 410 : 200 }));
  await outboxed(async (it) => {
    const job = await it.job(receiver.url);
    await it.say(job, { count: 4 });
    it.start();
    const rows = await it.settled(job);
    assert.deepEqual(rows.map(({ status, attempts }) => [status, attempts]), [
      ...[["delivered", 1], ["failed", 1], ["failed", 0], ["failed", 0]],
    ]);
    for (const { last_error } of rows.slice(1)) assert.match(last_error!, /410/);
    assert.equal(rows[1]!.last_response, "gone");
    assert.equal(receiver.received.length, 2);
    const [row] = await it.db.read.select({ why: jobs.webhook_given_up }).from(jobs).where(eq(jobs.id, job));
    assert.match(row!.why!, /410/);
  });
  await receiver.close();
});

Deno.test("An endpoint that accepts nothing for too long is disabled when a delivery is given up, with the reason", async () => {
  let accepts = true;
  const receiver = new Receiver(() => new Response(null, { status: accepts ? 200 : 500 }));
  await outboxed(async (it) => {
    const { id } = await it.endpoint(receiver.url);
    const job = await it.job(null);
    it.start({ disable_after_ms: 3_600_000 });
    accepts = false;
    await it.say(job);
    await it.settled(id);
    const failing = await getEndpoint(it.db, id);
    assert.deepEqual([failing.disabled_at, failing.failing_since !== null], [null, true]);
    accepts = true;
    await it.say(job);
    await it.settled(id);
    assert.equal((await getEndpoint(it.db, id)).failing_since, null);
    await it.stop();

    it.start({ disable_after_ms: 0 });
    accepts = false;
    await it.say(job, { count: 2 });
    const disabled = await eventually(async () => {
      const row = await getEndpoint(it.db, id);
      return row.disabled_at !== null && row;
    });
    assert.equal(disabled.disabled_code, "failing");
    assert.match(disabled.disabled_reason!, /Nothing was accepted since .*The receiver answered 500/);
    // The one behind is kept.
    const rows = await it.deliveries(id);
    assert.deepEqual(rows.map(({ status }) => status), ["failed", "delivered", "failed", "pending"]);
  });
  await receiver.close();
});

Deno.test("What is kept for a disabled endpoint expires after three days", async () => {
  await outboxed(async (it) => {
    const [disabled, enabled] = [
      await it.endpoint("http://127.0.0.1:9"),
      await it.endpoint("http://127.0.0.1:9"),
    ];
    await updateEndpoint(it.db, disabled.id, { status: "disabled" });
    await it.say(await it.job(null), { count: 2 });
    const { signal } = new AbortController();
    const days = (n: number) => Date.now() + n * 86_400_000;
    await expireKept(it.db, signal, days(2.9));
    assert.ok((await it.deliveries(disabled.id)).every(({ status }) => status === "pending"));
    await expireKept(it.db, signal, days(3.1));
    const rows = await it.deliveries(disabled.id);
    assert.deepEqual(rows.map(({ status }) => status), ["failed", "failed"]);
    assert.match(rows[0]!.last_error!, /disabled/);
    assert.ok((await it.deliveries(enabled.id)).every(({ status }) => status === "pending"));
  });
});

Deno.test("Retry-After of 429 and 503 is obeyed", async () => {
  for (const status of [429, 503]) {
    const receiver = new Receiver((count) =>
      count === 1 ? new Response(null, { status, headers: { "retry-after": "3600" } }) : new Response()
    );
    await outboxed(async (it) => {
      const job = await it.job(receiver.url);
      it.start();
      await it.say(job, { count: 2 });
      const [first] = await eventually(async () => {
        const rows = await it.deliveries(job);
        return rows[0]!.attempts === 1 && rows;
      });
      const wait_ms = first!.next_attempt_at.getTime() - first!.last_attempt_at!.getTime();
      assert.equal(wait_ms, 3_600_000);
      // A start goes on with the pause.
      await it.stop();
      it.start();
      const other = await it.job(receiver.url);
      await it.say(other);
      await it.settled(other);
      assert.deepEqual(numbers(receiver), [1, 3]);
      // Somebody who asks for it by hand need not wait.
      it.deliverer!.refresh(job);
      await it.settled(job);
      assert.deepEqual(numbers(receiver), [1, 3, 1, 2]);
    });
    await receiver.close();
  }
});

Deno.test("A body that never ends makes no try of an answer that accepts, and little of it is kept", async () => {
  const body = () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("well received")),
    });
  const receiver = new Receiver(() => new Response(body()));
  await outboxed(async (it) => {
    const job = await it.job(receiver.url);
    it.start();
    await it.say(job);
    const [row] = await it.settled(job);
    assert.deepEqual([row!.status, row!.attempts, row!.last_response], ["delivered", 1, "well received"]);
  });
  await receiver.close();
});

Deno.test("More than may wait is in the log as failed, and sent nowhere", async () => {
  const receiver = new Receiver();
  await outboxed(async (it) => {
    const [job, other] = [await it.job(receiver.url), await it.job(receiver.url)];
    it.bounds = { of_destination: 3, all: 5 };
    await it.say(job, { count: 5 });
    await it.say(other, { count: 3 });
    const statuses = async (of: string) => (await it.deliveries(of)).map(({ status }) => status);
    assert.deepEqual(await statuses(job), ["pending", "pending", "pending", "failed", "failed"]);
    assert.deepEqual(await statuses(other), ["pending", "pending", "failed"]);
    assert.match((await it.deliveries(job)).at(-1)!.last_error!, /3 deliveries wait/);
    it.start();
    await it.settled(job);
    await it.settled(other);
    assert.equal(receiver.received.length, 5);
  });
  await receiver.close();
});

Deno.test("A deleted endpoint is sent nothing more, and its log goes; so does what a dead server left of it", async () => {
  const receiver = new Receiver();
  await outboxed(async (it) => {
    const [first, second] = [await it.endpoint(receiver.url), await it.endpoint(receiver.url)];
    await it.say(await it.job(null), { count: 3 });
    await deleteEndpoint(it.db, first.id);
    it.start();
    await it.settled(second.id);
    await eventually(async () => (await it.deliveries(first.id)).length === 0);
    assert.deepEqual(numbers(receiver), [1, 2, 3]);
    await deleteEndpoint(it.db, second.id);
    it.deliverer!.forget(second.id);
    await eventually(async () => (await it.deliveries(second.id)).length === 0);
  });
  await receiver.close();
});

Deno.test("What waits for an endpoint goes to its new URL", async () => {
  const [old, current] = [new Receiver(() => new Response(null, { status: 500 })), new Receiver()];
  await outboxed(async (it) => {
    const { id } = await it.endpoint(old.url);
    it.start({ retry_delays_ms: [3_600_000] });
    await it.say(await it.job(null), { count: 2 });
    await eventually(async () => (await it.deliveries(id))[0]!.attempts === 1);
    await updateEndpoint(it.db, id, { url: current.url });
    it.deliverer!.refresh(id);
    await it.settled(id);
    assert.deepEqual([numbers(old), numbers(current)], [[1], [1, 2]]);
  });
  await old.close();
  await current.close();
});

Deno.test("A job that is deleted takes its own webhook's deliveries with it; endpoints still hear of it", async () => {
  const receiver = new Receiver();
  await outboxed(async (it) => {
    const endpoint = await it.endpoint(receiver.url);
    const job = await it.job(receiver.url);
    await it.say(job, { count: 2 });
    await it.db.write((tx) => tx.delete(jobs).where(eq(jobs.id, job)));
    it.start();
    await it.settled(endpoint.id);
    assert.deepEqual(numbers(receiver), [1, 2]);
    assert.equal((await it.deliveries(job)).length, 0);
  });
  await receiver.close();
});

Deno.test("An endpoint that is damaged fails no job and no other endpoint", async () => {
  const receiver = new Receiver();
  await outboxed(async (it) => {
    const [damaged, other] = [await it.endpoint(receiver.url), await it.endpoint(receiver.url)];
    const file = new DatabaseSync(join(it.folder, "proximal.db"), { timeout: 5000 });
    file.exec(`update webhook_endpoints set event_types = '{', secret = x'00' where id = '${damaged.id}'`);
    file.close();
    it.start();
    await it.say(await it.job(null), { count: 2 });
    await it.settled(other.id);
    assert.deepEqual(numbers(receiver), [1, 2]);
    assert.deepEqual((await listEndpoints(it.db, { limit: 9 })).rows.map(({ id }) => id), [other.id]);
    await assert.rejects(getEndpoint(it.db, damaged.id), { code: "damaged_data" });
    await deleteEndpoint(it.db, damaged.id);
  });
  await receiver.close();
});
