import assert from "node:assert/strict";
import { join } from "node:path";
import { backUp, restore } from "../../../core/db/backup.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { recordFile, recordsFolder } from "../../../core/formats/record_files.ts";
import { addRunning, makeRecords, takeSteps } from "../records/make_records.ts";
import { inFolder } from "../networks/in_folder.ts";
import { hashes } from "../serve/hashes.ts";

const SHAPE = { steps: 12, steps_per_epoch: 4, rows: 3 };

Deno.test("a backup has the records that its rows name, and tells of those that are lost", () =>
  inFolder(async (parent) => {
    const [data, copy, elsewhere] = ["data", "copy", "elsewhere"].map((name) => join(parent, name));
    await Deno.mkdir(data!);
    const db = await openDatabase(data!);
    const done = await makeRecords(db, data!, SHAPE, { records: { tokens: { last_epochs: 1 } } });
    const running = await addRunning(db, SHAPE);
    await takeSteps(db, data!, running, SHAPE, 1, 5);
    // What the engine has written and nobody recorded is not in it.
    const next = join(recordsFolder(data!, running.id), recordFile(6, "rollouts"));
    await Deno.writeTextFile(next, "half a step");
    const report = await backUp(data!, copy!);
    assert.deepEqual([report.records, report.damaged], [12 + 4 + 2 * 5, []]);
    await Deno.remove(next);
    for (const { id } of [done, running]) {
      assert.deepEqual(await hashes(recordsFolder(copy!, id)), await hashes(recordsFolder(data!, id)));
    }
    const restored = await restore(copy!, elsewhere!);
    assert.deepEqual([restored.records, restored.damaged], [report.records, []]);
    assert.deepEqual(
      await hashes(recordsFolder(elsewhere!, done.id)),
      await hashes(recordsFolder(data!, done.id)),
    );

    await Deno.remove(join(recordsFolder(data!, done.id), recordFile(10, "tokens")));
    const { records, damaged } = await backUp(data!, join(parent, "second"));
    assert.equal(records, report.records - 1);
    assert.deepEqual(damaged.length, 1);
    assert.match(damaged[0]!, /step-00000010\.tokens\.safetensors: it is not there/);
    await db.close();
  }));
