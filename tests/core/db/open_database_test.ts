import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { newId } from "../../../core/db/new_id.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { events } from "../../../core/db/schema.ts";
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

Deno.test("openDatabase() refuses a folder that another process holds", async () => {
  await inFolder(async (folder) => {
    const database = await openDatabase(folder);
    const script = `import { openDatabase } from ${
      JSON.stringify(new URL("../../../core/db/open_database.ts", import.meta.url).href)
    };
      await openDatabase(Deno.args[0]).then(() => console.log("opened"), (e) => console.log(e.code, e.message));`;
    const child = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--config",
        fileURLToPath(new URL("../../../deno.json", import.meta.url)),
        "-",
        folder,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const output = new TextDecoder().decode((await child.output()).stdout);
    assert.match(output, /^runtime_unavailable .*another server uses it/);
    await database.close();
  });
});
