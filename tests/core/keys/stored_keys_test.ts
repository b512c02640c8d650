/** Keys and the audit log as rows, on a real database. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { lockFolder } from "../../../core/db/lock_folder.ts";
import { openBesideServer, openDatabase } from "../../../core/db/open_database.ts";
import { AUDIT_DAYS, listAudit, recordAudit } from "../../../core/keys/audit_log.ts";
import { KeyRing } from "../../../core/keys/key_ring.ts";
import { createKey, listKeys, MAX_KEYS, readLiveKeys, revokeKey } from "../../../core/keys/stored_keys.ts";
import { apiKeys } from "../../../core/db/schema.ts";
import { createLogger } from "../../../core/log.ts";
import { inFolder } from "../networks/in_folder.ts";
import type { Database } from "../../../core/db/open_database.ts";

const logger = createLogger("silent");
const KEY = { name: "ci", scope: "write", expires_at: null } as const;

async function withDatabase(work: (db: Database, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const db = await openDatabase(folder);
    try {
      await work(db, folder);
    } finally {
      await db.close();
    }
  });
}

Deno.test("a key is in no file of DATA_DIR, and its hash is", async () => {
  await withDatabase(async (db, folder) => {
    const { text, row } = await createKey(db, KEY);
    assert.match(row.hash, /^[0-9a-f]{64}$/);
    let files = "";
    for (const { name } of Deno.readDirSync(folder)) {
      files += new TextDecoder("latin1").decode(await Deno.readFile(join(folder, name)));
    }
    assert.ok(files.includes(row.hash));
    assert.ok(!files.includes(text.slice(14)), "what is not shown of a key is stored");
  });
});

Deno.test("a key holds until it is revoked or its time is over, and only then", async () => {
  await withDatabase(async (db) => {
    const at = (days: number) => new Date(1.8e12 + days * 86_400_000);
    const { row: one } = await createKey(db, { ...KEY, expires_at: at(2) }, at(0));
    const { row: two, text } = await createKey(db, KEY, at(0));
    const live = async (days: number) => (await readLiveKeys(db, at(days))).keys.map(({ id }) => id);
    assert.deepEqual(await live(1), [two.id, one.id]);
    assert.deepEqual(await live(2), [two.id]);
    for (const name of [two.id, two.start, text]) {
      const { row, before } = await revokeKey(db, name, at(3));
      assert.deepEqual([row.id, before, row.revoked_at], [two.id, name !== two.id, at(3)]);
    }
    assert.deepEqual(await readLiveKeys(db, at(4)), { keys: [], any: true });
    assert.deepEqual((await listKeys(db)).map(({ id }) => id), [two.id, one.id]);
    await assert.rejects(revokeKey(db, "key_x"), /Expected the id of a key/);
    await assert.rejects(revokeKey(db, "env_0123abcd"), /API_KEYS/);
    await assert.rejects(createKey(db, { ...KEY, expires_at: at(0) }, at(0)), /Expected a time to come/);
    for (const name of ["", "x".repeat(101), "a\nb", "\u001b[31m"]) {
      await assert.rejects(createKey(db, { ...KEY, name }), /Expected a name/);
    }
  });
});

Deno.test("there are so many keys and no more, and a revoked one makes room", async () => {
  await withDatabase(async (db) => {
    const { row } = await createKey(db, KEY);
    const others = Array.from(
      { length: MAX_KEYS - 1 },
      (_, at) => ({ ...row, id: `key_${at}`, hash: `${at}` }),
    );
    await db.write(async (tx) => {
      for (let at = 0; at < others.length; at += 100) {
        await tx.insert(apiKeys).values(others.slice(at, at + 100));
      }
    });
    await assert.rejects(createKey(db, KEY), /There are 1000 keys: revoke some/);
    await revokeKey(db, row.id);
    await createKey(db, KEY);
  });
});

Deno.test("a key that another connection makes or revokes is known to a ring that reads again", async () => {
  await withDatabase(async (db, folder) => {
    const ring = new KeyRing({ db, environment: ["of-the-environment"], logger });
    await ring.open();
    const beside = await openBesideServer(folder, { create: false });
    try {
      assert.equal(ring.find("of-the-environment")!.scope, "admin");
      const { text, row } = await createKey(beside, { ...KEY, scope: "read" });
      assert.equal(ring.find(text), null);
      await ring.refresh();
      assert.deepEqual(ring.find(text), { id: row.id, scope: "read" });
      const { signal } = ring.hold(row.id);
      const released = ring.hold(row.id);
      released.release();
      const other = ring.hold(ring.find("of-the-environment")!.id);
      await ring.refresh();
      assert.equal(signal.aborted, false);
      const [used] = await listKeys(db);
      assert.ok(used!.last_used_at !== null && Date.now() - used!.last_used_at.getTime() < 60_000);
      await revokeKey(beside, row.id);
      await ring.refresh();
      assert.equal(ring.find(text), null);
      assert.deepEqual([signal, released.signal, other.signal].map(({ aborted }) => aborted), [
        true,
        false,
        false,
      ]);
      assert.equal(ring.required, true);
    } finally {
      await beside.close();
      await ring.close();
    }
  });
});

Deno.test("a server that ever had a key is never open again, with none left too", async () => {
  await withDatabase(async (db) => {
    const ring = new KeyRing({ db, environment: [], logger });
    await ring.open();
    assert.equal(ring.required, false);
    const { row } = await createKey(db, KEY);
    await revokeKey(db, row.id);
    await ring.refresh();
    assert.deepEqual([ring.required, ring.size], [true, 0]);
    await ring.close();
  });
});

Deno.test("openBesideServer() makes a database only where it is to, and takes none from a server", async () => {
  await inFolder(async (parent) => {
    const folder = join(parent, "data");
    await assert.rejects(openBesideServer(folder, { create: false }), /There is no database in DATA_DIR/);
    await assert.rejects(Deno.stat(folder));
    const made = await openBesideServer(folder, { create: true });
    await createKey(made, KEY);
    await made.close();
    // A server that is just starting has the folder, and no database yet.
    await Deno.remove(join(folder, "proximal.db"));
    const lock = await lockFolder(folder);
    const waiting = openBesideServer(folder, { create: true });
    await new Promise((resolve) => setTimeout(resolve, 300));
    lock.close();
    const late = await waiting;
    await createKey(late, KEY);
    await late.close();
    const server = await openDatabase(folder);
    const beside = await openBesideServer(folder, { create: true });
    assert.equal((await listKeys(beside)).length, 1);
    await beside.close();
    await server.close();
  });
});

Deno.test("the audit log keeps so many records and so many days", async () => {
  await withDatabase(async (db) => {
    const record = {
      key_id: null,
      method: "POST",
      route: "/v1/x",
      resource: null,
      status: 200,
      request_id: null,
    };
    const now = new Date();
    const old = new Date(now.getTime() - (AUDIT_DAYS + 1) * 86_400_000);
    await db.write(async (tx) => {
      for (let i = 0; i < 150; i++) await recordAudit(tx, { ...record, at: old, resource: "old" });
      // The oldest are looked for once in a hundred.
      for (let i = 0; i < 150; i++) await recordAudit(tx, { ...record, at: now });
    });
    assert.equal((await listAudit(db, { limit: 1000, resource: "old" })).rows.length, 0);
    const { rows, has_more } = await listAudit(db, { limit: 100 });
    assert.deepEqual([rows.length, has_more], [100, true]);
    const next = await listAudit(db, { limit: 100, after: rows.at(-1)!.id });
    assert.equal(new Set([...rows, ...next.rows].map(({ id }) => id)).size, 150);
    assert.equal(next.has_more, false);
    await assert.rejects(listAudit(db, { limit: 1, after: "aud_x" }), /Nothing has the id/);
    const bounds = { days: AUDIT_DAYS, rows: 50 };
    await db.write(async (tx) => {
      for (let i = 0; i < 100; i++) await recordAudit(tx, { ...record, at: now }, bounds);
    });
    // Those that came since they were last looked for are there beside them.
    const { length } = (await listAudit(db, { limit: 1000 })).rows;
    assert.ok(length >= 50 && length < 150, `${length}`);
  });
});
