import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DatabaseSync } from "node:sqlite";
import { eq, sql } from "drizzle-orm";
import { newId } from "../../../core/db/new_id.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { events, jobs } from "../../../core/db/schema.ts";
import { addJob } from "./add_job.ts";
import { inFolder } from "../networks/in_folder.ts";

const event = (job_id: string) => ({
  id: newId("event"),
  job_id,
  type: "training_job.queued" as const,
  data: { a: [1, "ü"] },
  created_at: new Date(1_700_000_000_123),
});

Deno.test("openDatabase() keeps rows over a reopening, in a folder with an odd name", async () => {
  await inFolder(async (parent) => {
    const folder = join(parent, "a b#c%20d?e");
    const first = await openDatabase(folder);
    await addJob(first, "job_1");
    await first.write((tx) => tx.insert(events).values(event("job_1")));
    await first.close();
    const second = await openDatabase(folder);
    const [row] = await second.read.select().from(events);
    assert.deepEqual(row!.data, { a: [1, "ü"] });
    assert.equal(row!.created_at.getTime(), 1_700_000_000_123);
    await second.close();
    assert.equal((await Deno.stat(join(folder, "proximal.db"))).mode! & 0o777, 0o600);
  });
});

Deno.test("write() undoes everything when the work throws", async () => {
  await inFolder(async (folder) => {
    const database = await openDatabase(folder);
    await addJob(database, "job_1");
    await assert.rejects(
      database.write(async (tx) => {
        await tx.insert(events).values(event("job_1"));
        throw new Error("no");
      }),
      /no/,
    );
    assert.equal((await database.read.select().from(events)).length, 0);
    await database.close();
  });
});

Deno.test("write() runs transactions one after another and reads go on beside them", async () => {
  await inFolder(async (folder) => {
    const database = await openDatabase(folder);
    for (const id of ["job_slow", "job_quick"]) await addJob(database, id);
    const order: string[] = [];
    const [begun, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = database.write(async (tx) => {
      await tx.insert(events).values(event("job_slow"));
      order.push("slow begins");
      begun.resolve();
      await read.promise;
      order.push("slow ends");
    });
    const quick = database.write(async (tx) => {
      order.push("quick");
      await tx.insert(events).values(event("job_quick"));
    });
    await begun.promise;
    assert.equal((await database.read.select().from(events).where(eq(events.job_id, "job_slow"))).length, 0);
    read.resolve();
    await Promise.all([slow, quick]);
    assert.deepEqual(order, ["slow begins", "slow ends", "quick"]);
    assert.equal((await database.read.select().from(events)).length, 2);
    await database.close();
  });
});

/** What another process is told that opens a folder's database. */
async function openedElsewhere(folder: string): Promise<string> {
  const script = `import { openDatabase } from ${
    JSON.stringify(new URL("../../../core/db/open_database.ts", import.meta.url).href)
  };
    await openDatabase(Deno.args[0]).then((d) => d.close().then(() => console.log("opened")), (e) => console.log(e.code, e.message));`;
  const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, "-", folder],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout).trim();
}

Deno.test("openDatabase() refuses a folder that another process holds, whatever it is called, and says which", async () => {
  await inFolder(async (parent) => {
    const folder = join(parent, "data");
    const database = await openDatabase(folder);
    await Deno.symlink(folder, join(parent, "link"));
    // Somebody who takes the lock for one that was left behind.
    await Deno.remove(join(folder, "lock"));
    for (const name of [folder, join(parent, "link"), join(folder, "..", "data")]) {
      assert.match(
        await openedElsewhere(name),
        /^runtime_unavailable Cannot open DATA_DIR '.*' as another server/,
      );
    }
    await database.close();
    assert.equal(await openedElsewhere(folder), "opened");
    const again = await openDatabase(folder);
    assert.match(await openedElsewhere(folder), new RegExp(`process ${Deno.pid},`));
    await again.close();
  });
});

Deno.test("rows go with the job they belong to, and there are none of no job", async () => {
  await inFolder(async (folder) => {
    const database = await openDatabase(folder);
    await assert.rejects(
      database.write((tx) => tx.insert(events).values(event("job_1"))),
      (error: Error) => /FOREIGN KEY/.test(String(error.cause)),
    );
    for (const id of ["job_1", "job_2"]) {
      await addJob(database, id);
      await database.write((tx) => tx.insert(events).values(event(id)));
    }
    await database.write((tx) => tx.delete(jobs).where(eq(jobs.id, "job_1")));
    assert.deepEqual((await database.read.select().from(events)).map(({ job_id }) => job_id), ["job_2"]);
    await database.close();
  });
});

Deno.test("every table but jobs says which job a row belongs to", async () => {
  await inFolder(async (folder) => {
    const database = await openDatabase(folder);
    const tables = await database.read.values<[string]>(
      sql`select name from sqlite_schema where type = 'table' and name not like '\\_\\_%' escape '\\' and name not like 'sqlite%'`,
    );
    for (const [table] of tables) {
      const columns = await database.read.values<[number, string]>(sql`pragma table_info(${sql.raw(table)})`);
      if (!columns.some(([, name]) => name === "job_id")) continue;
      const keys = await database.read.values(sql`pragma foreign_key_list(${sql.raw(table)})`);
      assert.ok(
        keys.some((key) => key[2] === "jobs" && key[3] === "job_id" && key[6] === "CASCADE"),
        `${table}.job_id`,
      );
    }
    assert.ok(tables.length > 5);
    await database.close();
  });
});

const sizeOf = (path: string) => Deno.stat(path).then(({ size }) => size, () => 0);

Deno.test("the log is bounded while rows are written, and empty after close() even beside another program", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "proximal.db");
    const database = await openDatabase(folder);
    await addJob(database, "job_1");
    const text = "x".repeat(100_000);
    const many = Array.from({ length: 300 }, () => ({ ...event("job_1"), data: { text } }));
    // One transaction that is larger than the log is kept at, then small ones that read before they write.
    await database.write(async (tx) => {
      for (const row of many) await tx.insert(events).values({ ...row, id: newId("event") });
    });
    let most = 0;
    for (let i = 0; i < 300; i++) {
      await database.read.select({ id: events.id }).from(events).limit(10);
      await database.write((tx) => tx.insert(events).values({ ...event("job_1"), data: { text } }));
      if (i > 100) most = Math.max(most, await sizeOf(`${path}-wal`));
    }
    assert.ok(most < 8 * 1024 * 1024, `The log has ${most} bytes`);
    const other = new DatabaseSync(path);
    other.prepare("select count(*) from events").get();
    await database.close();
    assert.equal(await sizeOf(`${path}-wal`), 0);
    other.close();
    // What a copy of the one file holds is all there is.
    await Deno.mkdir(join(folder, "copy"));
    await Deno.copyFile(path, join(folder, "copy", "proximal.db"));
    const copy = await openDatabase(join(folder, "copy"));
    assert.equal((await copy.read.select({ id: events.id }).from(events)).length, 600);
    await copy.close();
  });
});

Deno.test("a database that is closed is not opened again by who comes late", async () => {
  await inFolder(async (folder) => {
    const database = await openDatabase(folder);
    await database.close();
    await assert.rejects(
      database.read.select().from(events).execute(),
      (error: Error) => (error.cause as { code?: string }).code === "runtime_unavailable",
    );
    await assert.rejects(addJob(database, "job_1"));
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["lock", "proximal.db"]);
  });
});
