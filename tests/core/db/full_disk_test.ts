/**
 * A database whose files may not grow: a process of its own with a limit on the size of files, which is what a quota looks
 * like to it, and the same with no room at all where this machine lets us mount a small disk.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { openDatabase } from "../../../core/db/open_database.ts";
import { events } from "../../../core/db/schema.ts";
import { readLines } from "../../../core/contract/ndjson.ts";
import { inFolder } from "../networks/in_folder.ts";

/** Adds events to a database as long as that works; says how many there are and why it stopped, at each line of stdin. */
const WRITER = `
const [base, folder] = Deno.args;
const { openDatabase } = await import(base + "core/db/open_database.ts");
const { events } = await import(base + "core/db/schema.ts");
const { newId } = await import(base + "core/db/new_id.ts");
const { knownFault } = await import(base + "core/errors.ts");
const { addJob } = await import(base + "tests/core/db/add_job.ts");
const database = await openDatabase(folder);
const count = async () => (await database.read.select({ id: events.id }).from(events)).length;
if (await count() === 0) await addJob(database, "job_1");
const data = { text: "x".repeat(20_000) };
for await (const _ of Deno.stdin.readable) {
  let said = "room";
  for (let i = 0; i < 50 && said === "room"; i++) {
    const row = { id: newId("event"), job_id: "job_1", type: "training_job.queued", data, created_at: new Date() };
    await database.write((tx) => tx.insert(events).values(row)).catch((error) => said = knownFault(error).code ?? String(error));
  }
  console.log(JSON.stringify({ said, count: await count() }));
}
await database.close();
console.log(JSON.stringify({ said: "closed", count: 0 }));
`;

interface Said {
  said: string;
  count: number;
}

interface Writer {
  pid: number;
  kill(): void;
  /** Lets it write some fifty rows. */
  go(): Promise<Said>;
  close(): Promise<Said>;
}

/** @param before Shell before the program begins. */
function writer(folder: string, before: string): Writer {
  const root = new URL("../../../", import.meta.url);
  const config = fileURLToPath(new URL("deno.json", root));
  const child = new Deno.Command("bash", {
    args: [
      "-c",
      `${before} exec "$0" "$@"`,
      Deno.execPath(),
      ...["eval", "--no-check", "--config", config, WRITER, root.href, folder],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = readLines(child.stdout, 1000);
  const said = async () => JSON.parse((await lines.next()).value!) as Said;
  const stdin = child.stdin.getWriter();
  return {
    pid: child.pid,
    kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    },
    async go() {
      await stdin.write(new Uint8Array([10]));
      return await said();
    },
    async close() {
      await stdin.close();
      const last = await said();
      await child.status;
      return last;
    },
  };
}

async function has(program: string, ...args: string[]): Promise<boolean> {
  return await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()
    .then(({ success }) => success, () => false);
}

const canLimit = await has("prlimit", "--version") && await has("bash", "--version");

Deno.test({
  name: "a database that may not grow refuses writes as a full disk, is read, and goes on when there is room",
  ignore: !canLimit,
  fn: () =>
    inFolder(async (folder) => {
      // The signal that comes with the limit would end the process; a system without room sends none.
      const child = writer(join(folder, "data"), "trap '' XFSZ; ulimit -S -f 1500;");
      let last: Said;
      let rounds = 0;
      do last = await child.go(); while (last.said === "room" && ++rounds < 100);
      assert.equal(last.said, "disk_full");
      assert.ok(last.count > 10, `${last.count} rows were written`);
      // Again and again the same, and no row is lost or half there.
      for (let i = 0; i < 3; i++) {
        const again = await child.go();
        assert.equal(again.said, "disk_full");
        assert.ok(again.count >= last.count);
        last = again;
      }
      assert.ok(await has("prlimit", "--pid", String(child.pid), "--fsize=unlimited"));
      const more = await child.go();
      assert.deepEqual(more, { said: "room", count: last.count + 50 });
      assert.equal((await child.close()).said, "closed");
      const database = await openDatabase(join(folder, "data"));
      assert.equal((await database.read.select({ id: events.id }).from(events)).length, more.count);
      await database.close();
    }),
});

const mounted = await Deno.makeTempDir();
const canMount = Deno.uid() === 0 && await has("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", mounted);
if (canMount) await has("umount", mounted);
await Deno.remove(mounted);

Deno.test({
  name: "a database on a disk that is full refuses writes, and goes on when something was removed",
  ignore: !canMount,
  fn: () =>
    inFolder(async (folder) => {
      assert.ok(await has("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder));
      const child = writer(join(folder, "data"), "");
      try {
        await Deno.writeFile(join(folder, "ballast"), new Uint8Array(21 << 20));
        let last: Said;
        do last = await child.go(); while (last.said === "room");
        assert.equal(last.said, "disk_full");
        await Deno.remove(join(folder, "ballast"));
        assert.deepEqual(await child.go(), { said: "room", count: last.count + 50 });
        assert.equal((await child.close()).said, "closed");
      } finally {
        child.kill();
        assert.ok(await has("umount", "-l", folder));
      }
    }),
});
