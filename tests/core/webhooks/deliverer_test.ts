import assert from "node:assert/strict";
import { WEBHOOK_PAYLOADS } from "../../../core/contract/webhook_payload.ts";
import { asc } from "drizzle-orm";
import { Webhook } from "standardwebhooks";
import { webhookDeliveries } from "../../../core/db/schema.ts";
import { RETRY_DELAYS_MS } from "../../../core/webhooks/deliverer.ts";
import { eventually, type Supervised, supervised } from "../jobs/supervised.ts";
import { Receiver } from "./receiver.ts";

const ALL = [
  ...["started", "warning", "epoch.completed", "checkpoint.created", "epoch.completed", "checkpoint.created"],
  "succeeded",
];

const deliveries = (it: Supervised) =>
  it.db.read.select().from(webhookDeliveries).orderBy(asc(webhookDeliveries.id));

const settled = (it: Supervised) =>
  eventually(async () => {
    const rows = await deliveries(it);
    return rows.length > 0 && rows.every(({ status }) => status !== "pending") && rows;
  });

Deno.test("Deliverer sends a job's events in order, signed, with the job as it was", async () => {
  const receiver = new Receiver();
  await supervised(async (it) => {
    await it.supervisor.start();
    it.deliverer.start();
    const { id } = await it.create("succeed", { webhook: { url: receiver.url } });
    const { webhook_secret } = await it.reaches(id, "succeeded");
    await eventually(() => receiver.received.length === ALL.length);
    assert.deepEqual(receiver.types(), ALL);
    for (const { headers, text } of receiver.received) {
      new Webhook(webhook_secret!).verify(text, Object.fromEntries(headers));
      assert.equal(headers.get("content-type"), "application/json");
      const sent = JSON.parse(text);
      const { payload } = WEBHOOK_PAYLOADS.find(({ type }) => type === sent.type)!;
      assert.deepEqual(payload.parse(sent), sent, "what the contract says, and no more");
    }
    const epoch = receiver.received[2]!.body;
    assert.deepEqual(Object.keys(epoch), ["type", "timestamp", "data"]);
    assert.equal(epoch.data.job.id, id);
    assert.equal(epoch.data.job.status, "running");
    assert.equal(epoch.data.epoch, 1);
    assert.equal(epoch.data.eta_seconds, 2);
    for (const key of ["policy_loss", "value_loss", "kl_div", "avg_reward"]) {
      assert.equal(typeof epoch.data.metrics[key], "number");
    }
    assert.equal(epoch.data.job.config.prompts, undefined);
    assert.ok(!receiver.received.some(({ text }) => text.includes(webhook_secret!)));
    assert.match(receiver.received[3]!.body.data.checkpoint.id, /^ckpt_/);
    assert.equal(receiver.received.at(-1)!.body.data.job.status, "succeeded");
  });
  await receiver.close();
});

Deno.test("Deliverer tries again with the same id and keeps the order", async () => {
  const receiver = new Receiver((count) => new Response(null, { status: count <= 2 ? 503 : 204 }));
  await supervised(async (it) => {
    await it.supervisor.start();
    it.deliverer.start();
    const { id } = await it.create("fail", { webhook: { url: receiver.url } });
    await it.reaches(id, "failed");
    const rows = await settled(it);
    assert.deepEqual(receiver.types(), ["started", "started", "started", "warning", "failed"]);
    const ids = receiver.received.map(({ headers }) => headers.get("webhook-id"));
    assert.equal(new Set(ids.slice(0, 3)).size, 1);
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual(rows.map(({ status, attempts }) => [status, attempts]), [
      ...[["delivered", 3], ["delivered", 1], ["delivered", 1]],
    ]);
  });
  await receiver.close();
});

Deno.test("Deliverer gives up after its tries and goes on with the next event", async () => {
  const receiver = new Receiver((_, { body }) =>
    new Response(null, {
      status: body.type.endsWith("started") ? 302 : 200,
      headers: { location: "/elsewhere" },
    })
  );
  await supervised(async (it) => {
    await it.supervisor.start();
    it.deliverer.start();
    const { id } = await it.create("fail", { webhook: { url: receiver.url } });
    await it.reaches(id, "failed");
    const rows = await settled(it);
    assert.deepEqual(rows.map(({ status, attempts }) => [status, attempts]), [
      ...[["failed", 3], ["delivered", 1], ["delivered", 1]],
    ]);
    assert.equal(rows[0]!.last_error, "The receiver answered 302");
  });
  await receiver.close();
});

Deno.test("Deliverer tries for a day, and what has waited so long behind one that failed once", async () => {
  const hours = RETRY_DELAYS_MS.reduce((sum, delay_ms) => sum + delay_ms, 0) / 3_600_000;
  assert.ok(hours > 23 && hours < 24, `${hours}`);
  const receiver = new Receiver(() => new Response(null, { status: 500 }));
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("fail", { webhook: { url: receiver.url } });
    await it.reaches(id, "failed");
    const created_at = new Date(Date.now() - 24 * 3_600_000);
    await it.db.write((tx) => tx.update(webhookDeliveries).set({ created_at }));
    it.deliverer.start();
    const rows = await settled(it);
    assert.deepEqual(rows.map(({ status, attempts }) => [status, attempts]), [
      // Counted in tries: a clock that was set a day ahead has cost the first one none.
      ...[["failed", 3], ["failed", 1], ["failed", 1]],
    ]);
  });
  await receiver.close();
});

Deno.test("Deliverer sends once what was accepted, though that cannot be written for a while", async () => {
  const receiver = new Receiver();
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("succeed", { webhook: { url: receiver.url } });
    await it.reaches(id, "succeeded");
    const { write } = it.db;
    it.db.write = () => Promise.reject(new Error("database or disk is full"));
    it.deliverer.start();
    await eventually(() => it.logs.some((line) => line.includes("Cannot write the outcome")));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(receiver.types(), ["started"]);
    it.db.write = write;
    await settled(it);
    assert.deepEqual(receiver.types(), ALL);
  });
  await receiver.close();
});

Deno.test("A receiver that hangs slows neither its job nor another job's webhooks", async () => {
  const release = Promise.withResolvers<Response>();
  const hanging = new Receiver(() => release.promise.then(() => new Response()));
  const receiver = new Receiver();
  await supervised(async (it) => {
    await it.supervisor.start();
    it.deliverer.start();
    const first = await it.create("succeed", { webhook: { url: hanging.url } });
    const second = await it.create("succeed", { webhook: { url: receiver.url } });
    await it.reaches(first.id, "succeeded");
    await it.reaches(second.id, "succeeded");
    await eventually(() => receiver.received.length === ALL.length);
    await eventually(() => hanging.received.length > 0);
    assert.deepEqual([...new Set(hanging.types())], ["started"], "its first event still waits");
    release.resolve(new Response());
  });
  await hanging.close();
  await receiver.close();
});

Deno.test("Deliverer sends after a start what was left before", async () => {
  const receiver = new Receiver();
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("succeed", { webhook: { url: receiver.url } });
    await it.reaches(id, "succeeded");
    assert.equal(receiver.received.length, 0);
    it.deliverer.start();
    await eventually(() => receiver.received.length === ALL.length);
    assert.deepEqual(receiver.types(), ALL);
  });
  await receiver.close();
});

Deno.test("Deliverer waits no longer than a pause for what was put off before the clock was set back", async () => {
  const receiver = new Receiver((count) => new Response(null, { status: count === 1 ? 503 : 204 }));
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("fail", { webhook: { url: receiver.url } });
    await it.reaches(id, "failed");
    const tomorrow = new Date(Date.now() + 86_400_000);
    const putOff = () => it.db.write((tx) => tx.update(webhookDeliveries).set({ next_attempt_at: tomorrow }));
    await putOff();
    it.deliverer.start();
    await eventually(() => receiver.received.length === 1);
    await putOff();
    it.deliverer.wake();
    await settled(it);
    assert.deepEqual(receiver.types(), ["started", "started", "warning", "failed"]);
  });
  await receiver.close();
});

Deno.test("Deliverer connects to no address that is not open", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    it.deliverer.start();
    const { id } = await it.create("fail", { webhook: { url: "http://127.0.0.2:9/hook" } });
    await it.reaches(id, "failed");
    const rows = await settled(it);
    assert.match(rows[0]!.last_error!, /OUTBOUND_ALLOW/);
  });
});

Deno.test("stop() ends a try at once and leaves the delivery pending", async () => {
  const release = Promise.withResolvers<Response>();
  const hanging = new Receiver(() => release.promise);
  await supervised(async (it) => {
    await it.supervisor.start();
    it.deliverer.start();
    await it.create("succeed", { webhook: { url: hanging.url } });
    await eventually(() => hanging.received.length === 1);
    await it.deliverer.stop();
    const [row] = await deliveries(it);
    assert.deepEqual([row!.status, row!.attempts], ["pending", 0]);
    release.resolve(new Response());
  });
  await hanging.close();
});
