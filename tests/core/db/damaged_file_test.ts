import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { newId } from "../../../core/db/new_id.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { events } from "../../../core/db/schema.ts";
import { UserError } from "../../../core/errors.ts";
import { addJob } from "./add_job.ts";
import { inFolder } from "../networks/in_folder.ts";

const PAGE = 4096;

/** A database of many pages. */
async function filled(folder: string): Promise<string> {
  const database = await openDatabase(folder);
  for (const id of ["job_1", "job_2"]) await addJob(database, id);
  await database.write(async (tx) => {
    for (let i = 0; i < 300; i++) {
      await tx.insert(events).values({
        ...{
          id: newId("event"),
          job_id: "job_1",
          type: "training_job.warning",
          data: { text: "x".repeat(500) },
        },
        created_at: new Date(),
      });
    }
  });
  await database.close();
  return join(folder, "proximal.db");
}

async function rewrite(path: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): Promise<void> {
  await Deno.writeFile(path, change(await Deno.readFile(path)));
}

const noise = (bytes: Uint8Array<ArrayBuffer>, from: number, to: number) => {
  crypto.getRandomValues(bytes.subarray(from, to));
  return bytes;
};

function changed(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

/** A copy of the files as a crash leaves them: with a log that has not been taken over. */
async function crashed(folder: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const database = await openDatabase(folder);
  const add = () =>
    database.write((tx) =>
      tx.insert(events).values({
        ...{ id: newId("event"), job_id: "job_2", type: "training_job.queued", data: {} },
        created_at: new Date(),
      })
    );
  for (let i = 0; i < 5; i++) await add();
  const [file, log] = [await Deno.readFile(path), await Deno.readFile(`${path}-wal`)];
  await database.close();
  await Deno.writeFile(path, file);
  return log;
}

/** What is done to a good database, and what the refusal says. */
const DAMAGES: Record<string, { damage: (path: string, folder: string) => Promise<void>; says: RegExp }> = {
  "random bytes instead of page 1": {
    damage: (path) => rewrite(path, (bytes) => noise(bytes, 0, PAGE)),
    says: /it is no SQLite database\. Restore it from a backup/,
  },
  "random bytes after the header": {
    damage: (path) => rewrite(path, (bytes) => noise(bytes, 16, PAGE)),
    says: /Restore it from a backup/,
  },
  "random bytes instead of page 2": {
    damage: (path) => rewrite(path, (bytes) => noise(bytes, PAGE, 2 * PAGE)),
    says: /it is damaged \(.*\)\. Restore it from a backup/,
  },
  "random bytes in the middle": {
    damage: (path) => rewrite(path, (bytes) => noise(bytes, 30 * PAGE, 31 * PAGE)),
    says: /it is damaged \(.*\)\. Restore it from a backup/,
  },
  "half of it": {
    damage: (path) => rewrite(path, (bytes) => bytes.subarray(0, bytes.length / 2)),
    says: /it is damaged \(database disk image is malformed\)/,
  },
  "a page and a half of it": {
    damage: (path) => rewrite(path, (bytes) => bytes.subarray(0, 1.5 * PAGE)),
    says: /it is damaged \(.*\)/,
  },
  "an empty file": {
    damage: (path) => Deno.writeFile(path, new Uint8Array()),
    says: /it is empty\. Restore/,
  },
  "no file, and checkpoints": {
    async damage(path, folder) {
      await Deno.remove(path);
      await Deno.mkdir(join(folder, "jobs", "job_1"), { recursive: true });
    },
    says: /there is none, and checkpoints of one\. Restore/,
  },
  "no file, and its log": {
    async damage(path, folder) {
      await Deno.writeFile(`${path}-wal`, await crashed(folder, path));
      await Deno.remove(path);
    },
    says: /there is none, and a log of one\. Restore/,
  },
  "a text": { damage: (path) => Deno.writeTextFile(path, "hello"), says: /it is no SQLite database/ },
  "a folder": {
    async damage(path) {
      await Deno.remove(path);
      await Deno.mkdir(path);
    },
    says: /it is a folder\. Move it away$/,
  },
  "another program's tables": {
    async damage(path) {
      await Deno.remove(path);
      changed(path, "create table notes (text)");
    },
    says: /it is another program's\. Move it away, or choose another DATA_DIR$/,
  },
  "a newer version's": {
    // deno-lint-ignore require-await
    damage: async (path) =>
      changed(path, "insert into __drizzle_migrations (hash, created_at) values ('x', 9000000000000)"),
    says:
      /a newer version of this program has written it, with a schema of 2255-03-14 that .*\. Start that version/,
  },
  "without a table": {
    // deno-lint-ignore require-await
    damage: async (path) => changed(path, "drop table metrics"),
    says: /tables or columns are missing \(no such table: metrics\)/,
  },
  "without a column": {
    // deno-lint-ignore require-await
    damage: async (path) => changed(path, "alter table jobs drop column attempt"),
    says: /tables or columns are missing \(no such column: "?attempt/,
  },
  "a log that is none": {
    damage: (path) => Deno.writeFile(`${path}-wal`, noise(new Uint8Array(10_000), 0, 10_000)),
    says: /-wal: it is no log of SQLite's\. Restore it from a backup, or move it away/,
  },
  "a log with a damaged header": {
    async damage(path, folder) {
      await Deno.writeFile(`${path}-wal`, noise(await crashed(folder, path), 8, 24));
    },
    says: /-wal: its header is damaged\. /,
  },
  "a log that is damaged in the middle": {
    async damage(path, folder) {
      await Deno.writeFile(
        `${path}-wal`,
        noise(await crashed(folder, path), 32 + 24 + PAGE + 100, 32 + 24 + PAGE + 900),
      );
    },
    says: /-wal: it is damaged\. Restore it from a backup, or move it away/,
  },
};

for (const [name, { damage, says }] of Object.entries(DAMAGES)) {
  Deno.test(`openDatabase() refuses ${name} in one line that names the file`, async () => {
    await inFolder(async (folder) => {
      const path = await filled(folder);
      await damage(path, folder);
      await assert.rejects(openDatabase(folder), (error: Error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, says);
        assert.ok(error.message.startsWith(`Cannot use the database ${path}`), error.message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
      // What refused it has let go of the folder.
      await assert.rejects(openDatabase(folder), { code: "damaged_data" });
    });
  });
}

Deno.test("openDatabase() takes over the log that a crash left, and one that was cut off at its end", async () => {
  for (const cut of [0, 1000, PAGE + 24 + 1000]) {
    await inFolder(async (folder) => {
      const path = await filled(folder);
      const log = await crashed(folder, path);
      await Deno.writeFile(`${path}-wal`, log.subarray(0, log.length - cut));
      const database = await openDatabase(folder);
      const rows = await database.read.select().from(events);
      const kept = rows.filter(({ job_id }) => job_id === "job_2").length;
      assert.ok(cut === 0 ? kept === 5 : kept < 5 && kept > 0, `${kept} after ${cut} bytes were cut off`);
      await database.close();
    });
  }
});

Deno.test("openDatabase() makes anew what a start that was cut off has left", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "proximal.db.new"), "half");
    const database = await openDatabase(folder);
    assert.equal((await database.read.select().from(events)).length, 0);
    await database.close();
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["lock", "proximal.db"]);
  });
});
