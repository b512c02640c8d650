import assert from "node:assert/strict";
import { newId } from "../../../core/db/new_id.ts";
import { type Database, openDatabase } from "../../../core/db/open_database.ts";
import { patient } from "../../../core/db/patient.ts";
import { events } from "../../../core/db/schema.ts";
import { addJob } from "./add_job.ts";
import { inFolder } from "../networks/in_folder.ts";
import { holdLock } from "./hold_lock.ts";

const event = () => ({
  ...{ id: newId("event"), job_id: "job_1", type: "training_job.queued" as const, data: {} },
  created_at: new Date(),
});

const insert = (database: Database, patience_ms?: number) =>
  database.write((tx) => tx.insert(events).values(event()), { patience_ms });

const count = async (database: Database) => (await database.read.select().from(events)).length;

async function opened(work: (database: Database, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const database = await openDatabase(folder);
    await addJob(database, "job_1");
    try {
      await work(database, folder);
    } finally {
      await database.close();
    }
  });
}

Deno.test("write() waits for another process's lock while reads are answered", async () => {
  await opened(async (database, folder) => {
    await insert(database);
    const lock = await holdLock(folder);
    const waiting = insert(database, Infinity);
    // These come back before the lock goes, so the write holds up nothing.
    assert.equal(await count(database), 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await count(database), 1);
    await lock.release();
    await waiting;
    assert.equal(await count(database), 2);
  });
});

Deno.test("write() refuses with database_busy when patience is at its end, and works when the lock is gone", async () => {
  await opened(async (database, folder) => {
    const lock = await holdLock(folder);
    const patientWrite = insert(database, Infinity);
    // Behind one that waits for good, each still has its own patience.
    for (const patience_ms of [50, 0]) {
      await assert.rejects(insert(database, patience_ms), { name: "UserError", code: "database_busy" });
    }
    await lock.release();
    await patientWrite;
    for (let i = 0; i < 20; i++) await insert(database);
    assert.equal(await count(database), 21);
  });
});

Deno.test("write() waits longer for this server's own writes, however slow the disk is", async () => {
  await opened(async (database) => {
    const begun = Promise.withResolvers<void>(), ends = Promise.withResolvers<void>();
    const slow = database.write(async (tx) => {
      await tx.insert(events).values(event());
      begun.resolve();
      await ends.promise;
    });
    await begun.promise;
    const behind = insert(database, 300);
    await new Promise((resolve) => setTimeout(resolve, 500));
    ends.resolve();
    await Promise.all([slow, behind]);
    const held = Promise.withResolvers<void>();
    const never = database.write(() => held.promise);
    await assert.rejects(insert(database, 5), { code: "database_busy" }, "and not for ever");
    held.resolve();
    await never;
    assert.equal(await count(database), 2);
  });
});

Deno.test("a transaction that failed under a lock leaves nothing behind", async () => {
  await opened(async (database, folder) => {
    await assert.rejects(database.write((tx) => tx.insert(events).values({ ...event(), id: null as never })));
    const lock = await holdLock(folder);
    await assert.rejects(insert(database, 20), { code: "database_busy" });
    await lock.release();
    await insert(database);
    assert.equal(await count(database), 1);
  });
});

Deno.test("patient() waits until it is told to stop", async () => {
  await opened(async (database, folder) => {
    const lock = await holdLock(folder);
    const stop = new AbortController();
    const waiting = patient(database, stop.signal).write((tx) => tx.insert(events).values(event()));
    stop.abort();
    await assert.rejects(waiting, { code: "database_busy" });
    await lock.release();
  });
});

Deno.test("openDatabase() waits for a lock that goes", async () => {
  await inFolder(async (folder) => {
    await (await openDatabase(folder)).close();
    const lock = await holdLock(folder);
    const opening = openDatabase(folder);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await lock.release();
    await (await opening).close();
  });
});

Deno.test("a thread that died fails the transaction it was in, and another one does the next", async () => {
  const workers: Worker[] = [];
  const { Worker: Original } = globalThis;
  globalThis.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.push(this);
    }
  };
  try {
    await opened(async (database) => {
      await insert(database);
      const died = database.write(async (tx) => {
        await tx.insert(events).values(event());
        workers.at(-1)!.dispatchEvent(new ErrorEvent("error", { message: "died", cancelable: true }));
        await tx.insert(events).values(event());
      });
      await assert.rejects(
        died,
        (error: Error) => (error.cause as { code?: string }).code === "runtime_unavailable",
      );
      assert.equal(await count(database), 1);
      await insert(database);
      assert.equal(await count(database), 2);
      assert.equal(workers.length, 2);
    });
  } finally {
    globalThis.Worker = Original;
  }
});
