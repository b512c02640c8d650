import assert from "node:assert/strict";
import { join } from "node:path";
import { backUp, restore } from "../../../core/db/backup.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { checkpoints, jobs } from "../../../core/db/schema.ts";
import { readCheckpoint } from "../../../core/formats/checkpoint_folder.ts";
import { getJob } from "../../../core/jobs/job_queries.ts";
import { OFFSETS_FILE, RowReader } from "../../../core/formats/row_store.ts";
import { datasets } from "../../../core/db/schema.ts";
import { writeDataset } from "../train/write_dataset.ts";
import { eventually, Supervised, supervised } from "../jobs/supervised.ts";
import { inFolder } from "../networks/in_folder.ts";

/** Asserts that a data folder's rows and files belong together, and gives the rows. */
async function whole(folder: string) {
  const database = await openDatabase(folder);
  try {
    const rows = await database.read.select().from(checkpoints);
    for (const row of rows) {
      const { files } = await readCheckpoint(join(folder, row.folder));
      assert.deepEqual(files, row.files);
    }
    return { jobs: await database.read.select().from(jobs), checkpoints: rows };
  } finally {
    await database.close();
  }
}

Deno.test("a backup that is made while a job trains is whole, and a server goes on from it elsewhere", () =>
  inFolder(async (parent) => {
    const copy = join(parent, "copy");
    let id = "";
    await supervised(async (it) => {
      await it.supervisor.start();
      const before = await it.create("succeed");
      await it.reaches(before.id, "succeeded");
      ({ id } = await it.create("slow", { epochs: 5000 }));
      await eventually(async () => (await getJob(it.db, id)).progress.step > 4);
      assert.ok((await getJob(it.db, id)).engine !== null);
      const report = await backUp(it.folder, copy);
      assert.deepEqual(report.damaged, []);
      // The server was not held up.
      const { step } = (await getJob(it.db, id)).progress;
      await eventually(async () => (await getJob(it.db, id)).progress.step > step);
      await it.supervisor.cancel(id);
      await it.reaches(id, "cancelled");
    });
    assert.deepEqual([...Deno.readDirSync(copy)].map(({ name }) => name).sort(), [
      ...["backup.json", "jobs", "proximal.db"],
    ]);
    assert.equal((await Deno.stat(join(copy, "proximal.db"))).mode! & 0o777, 0o600);

    const data = join(parent, "elsewhere");
    const report = await restore(copy, data);
    assert.deepEqual(report.damaged, []);
    const names = [...Deno.readDirSync(data)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["jobs", "lock", "proximal.db"]);
    const found = await whole(data);
    assert.deepEqual(found.jobs.map(({ status }) => status), ["succeeded", "running"]);
    assert.equal(found.checkpoints.length, report.checkpoints);
    // The engine of the server that was copied may still run, and is not this one's to end.
    assert.ok(found.jobs.every(({ engine }) => engine === null));
    assert.ok(report.checkpoints >= 2 + 2, `${report.checkpoints} checkpoints`);

    const db = await openDatabase(data);
    const it = new Supervised(db, data, []);
    try {
      await it.supervisor.start();
      await eventually(async () => {
        const { status, attempt, progress } = await getJob(db, id);
        return status === "running" && attempt === 2 && progress.step > 0;
      });
    } finally {
      await it.supervisor.stop();
      await db.close();
    }
  }));

Deno.test("a backup knows nothing of a checkpoint that is removed while it is made, and tells of one that is lost", () =>
  inFolder(async (parent) => {
    await supervised(async (it) => {
      await it.supervisor.start();
      const { id } = await it.create("succeed");
      await it.reaches(id, "succeeded");
      const [first, second] = await it.db.read.select().from(checkpoints);
      const weights = join(it.folder, first!.folder, "adapter_model.safetensors");
      await Deno.writeTextFile(weights, "weights X");
      await Deno.remove(join(it.folder, second!.folder), { recursive: true });
      const { damaged } = await backUp(it.folder, join(parent, "copy"));
      assert.equal(damaged.length, 2);
      assert.ok(damaged.some((one) => one.startsWith(second!.id) && /not there/.test(one)), damaged.join());
      assert.ok(
        damaged.some((one) => one.startsWith(first!.id) && /SHA-256 differs/.test(one)),
        damaged.join(),
      );

      // Rows and folders that go between the copy of the rows and that of the folders.
      const other = await it.create("succeed");
      await it.reaches(other.id, "succeeded");
      const { copyFile } = Deno;
      let removed = false;
      Deno.copyFile = async (from, to) => {
        if (!removed) {
          removed = true;
          await it.db.write((tx) => tx.delete(checkpoints));
          await Deno.remove(join(it.folder, "jobs"), { recursive: true });
        }
        return await copyFile(from, to);
      };
      try {
        const report = await backUp(it.folder, join(parent, "later"));
        assert.deepEqual([report.checkpoints, report.damaged], [0, []]);
      } finally {
        Deno.copyFile = copyFile;
      }
      assert.equal((await whole(join(parent, "later"))).checkpoints.length, 0);
    });
  }));

Deno.test("backUp() and restore() refuse what they would spoil, by name", () =>
  inFolder(async (parent) => {
    const data = join(parent, "data"), copy = join(parent, "copy");
    await assert.rejects(backUp(data, copy), /it has no proximal\.db/);
    const database = await openDatabase(data);
    await backUp(data, copy);
    await assert.rejects(backUp(data, copy), /there is something in it/);
    await assert.rejects(restore(copy, data), /another server, process \d+, uses it/);
    await database.close();
    await assert.rejects(restore(copy, data), /it has 'proximal\.db', move that away first/);
    await Deno.remove(join(copy, "backup.json"));
    await assert.rejects(restore(copy, join(parent, "new")), /no whole backup/);
    // A page that is damaged is no backup's.
    const bytes = await Deno.readFile(join(data, "proximal.db"));
    await Deno.writeFile(join(data, "proximal.db"), bytes.fill(0xff, 4096, 8192));
    await assert.rejects(backUp(data, join(parent, "third")), { code: "damaged_data" });
    assert.deepEqual([...Deno.readDirSync(parent)].map(({ name }) => name).sort(), ["copy", "data"]);
  }));

Deno.test("datasets are in a backup, and one that is damaged is told of", () =>
  inFolder(async (parent) => {
    const [data, copy, again] = ["data", "copy", "again"].map((name) => join(parent, name)) as [
      string,
      string,
      string,
    ];
    const database = await openDatabase(data);
    await Deno.mkdir(join(data, "datasets"));
    const ids = ["ds_01k0000000000000000000000a", "ds_01k0000000000000000000000b"];
    for (const id of ids) {
      await writeDataset(join(data, "datasets"), [{ prompt: id }], id);
      await database.write((tx) =>
        tx.insert(datasets).values({
          ...{ id, name: "rows", format: "jsonl" as const, rows: 1, columns: ["prompt"], bytes: 1 },
          ...{ sha256: "", created_at: new Date() },
        })
      );
    }
    await database.close();
    await Deno.mkdir(join(data, "datasets", ".tmp-1"));
    await Deno.truncate(join(data, "datasets", ids[1]!, OFFSETS_FILE), 8);
    for (const report of [await backUp(data, copy), await restore(copy, again)]) {
      assert.equal(report.datasets, 2);
      assert.deepEqual(report.damaged, [`${ids[1]}: The dataset's files are damaged or gone`]);
    }
    assert.deepEqual(new RowReader(join(again, "datasets", ids[0]!)).row(0), { prompt: ids[0] });
    assert.deepEqual([...Deno.readDirSync(join(again, "datasets"))].map(({ name }) => name).sort(), ids);
  }));
