/** A database on a libSQL server of its own: away, restarted, silent at the end of a transaction, refused at the start. */
import assert from "node:assert/strict";
import { type SQL, sql } from "drizzle-orm";
import { join } from "node:path";
import type { Database } from "../../../core/db/open_database.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { openAt, openServerDatabase } from "../../../core/db/open_server_database.ts";
import { takeLease, whileLeased } from "../../../core/db/leases.ts";
import { patient } from "../../../core/db/patient.ts";
import { leases } from "../../../core/db/schema.ts";
import { freePort } from "../../../tasks/free_port.ts";
import { testWithSqld as test, withSqld } from "./with_sqld.ts";

/** What drizzle's transactions can do beside what `Transaction` shows. */
type Raw = { run(query: SQL): Promise<unknown> };

const never = new AbortController().signal;

const add = (db: Database) =>
  db.write((tx) =>
    tx.insert(leases).values({ name: "n", owner: "o", until: 1 })
      .onConflictDoUpdate({ target: leases.name, set: { until: sql`${leases.until} + 1` } })
  );
const added = async (db: Database) => (await db.read.select().from(leases))[0]?.until;

test("Two servers that start together make one database, and see what the other writes", () =>
  withSqld(async ({ url }, folder) => {
    const [a, b] = await Promise.all([1, 2].map(() => openServerDatabase({ url }, join(folder, "data")))) as [
      Database,
      Database,
    ];
    await b.look();
    assert.equal(await b.look(), false);
    const { version } = b;
    await Promise.all([a, b, a, b, a, b].map((one) => add(patient(one, never))));
    assert.equal(await added(b), 6);
    assert.equal(await b.look(), true);
    assert.ok(b.version > version);
    await a.write(async (tx) => {
      await tx.delete(leases);
      throw new Error("not so");
    }).catch(() => {});
    assert.equal(await added(b), 6);
    assert.equal(await b.look(), false);
    await Promise.all([a.close(), b.close()]);
  }));

test("A transaction begins anew when the server restarts in it, and is refused while the server is away", () =>
  withSqld(async (sqld) => {
    const db = await openAt({ url: sqld.url });
    let runs = 0;
    await patient(db, never).write(async (tx) => {
      await tx.insert(leases).values({ name: String(runs), owner: "o", until: 1 });
      if (runs++ === 0) {
        await sqld.stop();
        await sqld.start();
      }
      await tx.insert(leases).values({ name: "last", owner: "o", until: 1 });
    });
    assert.deepEqual((await db.read.select().from(leases)).map(({ name }) => name).toSorted(), ["1", "last"]);
    await sqld.stop();
    const away = { code: "runtime_unavailable" };
    await assert.rejects(db.write((tx) => tx.delete(leases), { patience_ms: 500 }), away);
    const reading = db.reading({ patience_ms: 500 }).select().from(leases);
    await assert.rejects(
      reading.execute(),
      (error: Error) => (error.cause as { code?: string })?.code === away.code,
    );
    const waits = patient(db, never).write((tx) => tx.delete(leases));
    await sqld.start();
    await waits;
    assert.deepEqual(await db.read.select().from(leases), []);
    await db.close();
  }));

test("A transaction whose end gets no answer is written once, whether the server had heard it or not", () =>
  withSqld(async ({ url }) => {
    let lose: "answer" | "request" | null = null;
    const proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const body = new Uint8Array(await request.arrayBuffer());
      const isCommit = new TextDecoder("latin1").decode(body).includes("commit");
      const what = isCommit ? lose : null;
      if (isCommit) lose = null;
      if (what === "request") return new Response(null, { status: 502 });
      const { pathname } = new URL(request.url);
      const answer = await fetch(url + pathname, {
        method: request.method,
        headers: request.headers,
        ...(request.method === "POST" && { body }),
      });
      const bytes = await answer.arrayBuffer();
      const type = answer.headers.get("content-type") ?? "";
      const { status } = answer;
      return what === "answer"
        ? new Response(null, { status: 502 })
        : new Response(bytes, { status, headers: { "content-type": type } });
    });
    const db = await openAt({ url: `http://127.0.0.1:${proxy.addr.port}` });
    for (const what of ["answer", "request"] as const) {
      const before = await added(db) ?? 0;
      lose = what;
      await add(patient(db, never));
      assert.equal(lose, null);
      assert.equal(await added(db), before + 1, what);
    }
    await db.close();
    await proxy.shutdown();
  }));

test("A lease is one server's until it gives it back or says nothing for too long", () =>
  withSqld(async ({ url }) => {
    const [a, b] = [await openAt({ url }), await openAt({ url })];
    const take = (db: Database, ms: number) => db.write((tx) => takeLease(tx, db.owner, "x", ms));
    assert.equal(await take(a, 60_000), 0);
    assert.equal(await take(a, 60_000), 0);
    assert.ok(await take(b, 60_000) > 0);
    assert.equal(await whileLeased(b, "x", 60_000, () => Promise.resolve(1)), null);
    await a.write((tx) => tx.update(leases).set({ until: 1 }));
    assert.equal(await whileLeased(b, "x", 60_000, () => take(a, 60_000).then((ms) => ms > 0)), true);
    assert.equal(await take(a, 60_000), 0);
    await Promise.all([a.close(), b.close()]);
  }));

test("What is no database of this program's, or not this folder's, is refused at the start", async () => {
  await withSqld(async ({ url }, folder) => {
    const data = join(folder, "data");
    await (await openServerDatabase({ url }, data)).close();
    await assert.rejects(openDatabase(data), { message: /on a server\. Set DATABASE_URL/ });
    const own = join(folder, "own");
    await (await openDatabase(own)).close();
    await assert.rejects(openServerDatabase({ url }, own), { message: /has a database of its own/ });
    const filled = join(folder, "filled");
    await Deno.mkdir(join(filled, "datasets", "ds_1"), { recursive: true });
    await assert.rejects(openServerDatabase({ url }, filled), {
      message: /has files of another database in 'datasets'/,
    });
    const others = join(folder, "others");
    await Deno.mkdir(others);
    await Deno.writeTextFile(join(others, "database.json"), '{"id":"x"}');
    await assert.rejects(openServerDatabase({ url }, others), {
      message: /of another database than DATABASE_URL's/,
    });
    const db = await openServerDatabase({ url }, data);
    await assert.rejects(openDatabase(data), { code: "runtime_unavailable", message: /share it/ });
    await db.write((tx) => (tx as unknown as Raw).run(sql`drop table __drizzle_migrations`));
    await db.close();
    await assert.rejects(openAt({ url }), { message: /another program's\. Set another DATABASE_URL/ });
  });
  const url = `http://127.0.0.1:${freePort()}`;
  await assert.rejects(openAt({ url }, undefined, 50), {
    message: /^Cannot reach DATABASE_URL 'http:.*correct the URL$/,
  });
});

test("A token that the server does not take is refused by name, and the right one is taken", async () => {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const text = (bytes: ArrayBuffer | Uint8Array) =>
    new Uint8Array(bytes as ArrayBuffer).toBase64({ alphabet: "base64url", omitPadding: true });
  const SQLD_AUTH_JWT_KEY = text(await crypto.subtle.exportKey("raw", pair.publicKey));
  const encoded = (value: unknown) => text(new TextEncoder().encode(JSON.stringify(value)));
  const head = `${encoded({ alg: "EdDSA", typ: "JWT" })}.${encoded({ a: "rw" })}`;
  const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, new TextEncoder().encode(head));
  await withSqld(async ({ url }) => {
    for (const token of [undefined, `${head}.${text(new Uint8Array(64))}`]) {
      await assert.rejects(openAt({ url, token }), {
        message: /does not take DATABASE_AUTH_TOKEN: set the right one/,
      });
    }
    await (await openAt({ url, token: `${head}.${text(signature)}` })).close();
  }, { SQLD_AUTH_JWT_KEY });
});
