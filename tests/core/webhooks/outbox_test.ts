/** What sending asks of the database: found by indexes alone, and in small parts, however much waits. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { SqliteThread } from "../../../core/db/sqlite_thread.ts";
import { listDeliveries } from "../../../core/webhooks/delivery_log.ts";
import { pendingDestinations, pendingSummary, pruneLog } from "../../../core/webhooks/outbox.ts";
import { eventually } from "../jobs/supervised.ts";
import { type Outboxed, outboxed } from "./outboxed.ts";
import { Receiver } from "./receiver.ts";

/** Runs `work`, and gives the texts of all statements that were asked meanwhile. */
async function statementsOf(work: () => Promise<void>): Promise<Set<string>> {
  const texts = new Set<string>();
  const { ask } = SqliteThread.prototype;
  SqliteThread.prototype.ask = function (task, timeout_ms) {
    if (task.type === "query") texts.add(task.sql);
    return ask.call(this, task, timeout_ms);
  };
  try {
    await work();
  } finally {
    SqliteThread.prototype.ask = ask;
  }
  return texts;
}

/** Multiplies a job and what waits for its webhook, which over HTTP would take minutes. */
function multiply(it: Outboxed, job: string, times: number): void {
  const file = new DatabaseSync(join(it.folder, "proximal.db"), { timeout: 5000 });
  const copy = (table: string, key: string, more: Record<string, string>) => {
    const columns = file.prepare(`select name from pragma_table_info('${table}')`).all().map(({ name }) =>
      String(name)
    )
      .filter((name) => name !== "id" || key === "id");
    const copied = columns.map((name) => more[name] ?? `row."${name}"`);
    file.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${times})
      insert into ${table} ("${
      columns.join('", "')
    }") select ${copied} from n, ${table} as row where row.${key} = '${job}'`);
  };
  const name = "printf('job_%026d', n.i)";
  copy("jobs", "id", { id: name });
  copy("webhook_deliveries", "destination", {
    job_id: name,
    destination: name,
    event_id: "printf('evt_%026d', n.i)",
  });
  file.close();
}

Deno.test("Sending finds everything by indexes, with 10,000 deliveries pending to as many destinations", async () => {
  const receiver = new Receiver((count) => new Response(null, { status: count % 3 === 0 ? 500 : 200 }));
  const gone = new Receiver(() => new Response(null, { status: 410 }));
  await outboxed(async (it) => {
    const dead = await it.job("http://127.0.0.1:9/");
    await it.say(dead);
    multiply(it, dead, 10_000);
    const statements = await statementsOf(async () => {
      const [own, ended] = [await it.job(receiver.url), await it.job(gone.url)];
      const endpoint = await it.endpoint(receiver.url);
      it.start();
      for (const job of [own, ended]) await it.say(job, { count: 3 });
      await it.settled(own);
      await it.settled(ended);
      await it.settled(endpoint.id);
      await listDeliveries(it.db, endpoint.id, { limit: 10, after: "whd_00000000000000000000012345" });
      await listDeliveries(it.db, endpoint.id, { limit: 10, status: "failed" });
      assert.ok((await pendingSummary(it.db.read)).count >= 10_000);
      it.deliverer!.forget(endpoint.id);
      await eventually(async () => (await it.deliveries(endpoint.id)).length === 0);
      await it.stop();
      await pruneLog(it.db, new AbortController().signal, { days: 0, rows: 1 });
    });
    assert.ok(statements.size > 20, [...statements].join("\n"));
    const file = new DatabaseSync(join(it.folder, "proximal.db"), { readOnly: true });
    const plans = [...statements].filter((text) => /webhook_|jobs/.test(text)).map((text) => {
      const steps = file.prepare(`explain query plan ${text}`).all(
        ...Array(text.split("?").length - 1).fill(1),
      );
      return `${text}\n  ${steps.map(({ detail }) => detail).join("\n  ")}`;
    });
    file.close();
    // There are 100 endpoints at most.
    const slow = plans.filter((plan) =>
      /^ {2}(SCAN (webhook_deliveries|jobs|head|job)\b|USE TEMP)/m.test(plan)
    );
    assert.deepEqual(slow, []);
    assert.ok(plans.some((plan) => plan.includes("webhook_deliveries_pending")));
  });
  await receiver.close();
  await gone.close();
});

Deno.test("pendingDestinations() finds each once, in pages", async () => {
  await outboxed(async (it) => {
    const dead = await it.job("http://127.0.0.1:9/");
    await it.say(dead, { count: 3 });
    multiply(it, dead, 1200);
    const found: string[] = [];
    for (let page; (page = await pendingDestinations(it.db.read, found.at(-1) ?? "")).length > 0;) {
      assert.ok(page.length <= 500);
      found.push(...page);
    }
    assert.equal(found.length, 1201);
    assert.equal(new Set(found).size, 1201);
  });
});

Deno.test("A dead receiver of 10,000 deliveries holds up no other, and is not tried all the time", async () => {
  const receiver = new Receiver();
  let tries = 0;
  const dead = new Receiver(() => {
    tries++;
    return new Response(null, { status: 500 });
  });
  await outboxed(async (it) => {
    const first = await it.job(dead.url);
    await it.say(first);
    multiply(it, first, 10_000);
    it.start();
    await eventually(() => tries >= 3);
    const job = await it.job(receiver.url);
    await it.say(job, { count: 20 });
    const before = tries;
    await it.settled(job);
    assert.equal(receiver.received.length, 20);
    assert.deepEqual(
      receiver.received.map(({ body }) => body.data.n),
      Array.from({ length: 20 }, (_, i) => i + 2),
    );
    assert.ok(tries - before < 100, `${tries - before} tries while 20 others were sent`);
  });
  await receiver.close();
  await dead.close();
});

Deno.test("Forty receivers that hang hold up no other, on the same port either", async () => {
  const release = Promise.withResolvers<void>();
  const received: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    await request.body?.cancel();
    if (pathname !== "/good") await release.promise;
    received.push(pathname);
    return new Response();
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  await outboxed(async (it) => {
    it.start();
    for (let i = 0; i < 40; i++) await it.say(await it.job(`${url}/hung/${i}`), { count: 2 });
    const good = await it.job(`${url}/good`);
    await it.say(good, { count: 5 });
    await it.settled(good);
    assert.deepEqual(received, Array(5).fill("/good"));
    release.resolve();
  });
  await server.shutdown();
});

Deno.test("pruneLog() takes the oldest out of the log, by age and by number, and nothing that waits", async () => {
  await outboxed(async (it) => {
    const job = await it.job("http://127.0.0.1:9/");
    const file = new DatabaseSync(join(it.folder, "proximal.db"), { timeout: 5000 });
    file.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200)
      insert into webhook_deliveries
        (event_id, job_id, destination, status, body, next_attempt_at, created_at, finished_at)
      select 'evt_' || i, '${job}', '${job}', 'delivered', '{}', 0, 0, ${Date.now()} + i from n`);
    file.close();
    await it.say(job, { count: 2 });
    const { signal } = new AbortController();
    await pruneLog(it.db, signal, { days: 30, rows: 5000 });
    const all = await it.deliveries(job);
    assert.equal(all.length, 1202);
    await pruneLog(it.db, signal, { days: 30, rows: 100 });
    assert.deepEqual(await it.deliveries(job), all.slice(-102));
    await pruneLog(it.db, signal, { days: 30, rows: 100 }, Date.now() + 31 * 86_400_000);
    assert.deepEqual(await it.deliveries(job), all.slice(-2));
  });
});
