/** Stores of rows: what is written is read at any row, and damage is told of. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../core/errors.ts";
import { OFFSETS_FILE, RowReader, ROWS_FILE, RowWriter } from "../../../core/formats/row_store.ts";
import { inFolder } from "../networks/in_folder.ts";

const encoder = new TextEncoder();

function store(folder: string, rows: unknown[], columns: string[] = ["text"]) {
  using writer = new RowWriter(folder);
  for (const row of rows) writer.write(encoder.encode(JSON.stringify(row)));
  return writer.finish(columns);
}

function isDamaged(thrown: unknown): boolean {
  return thrown instanceof UserError && thrown.code === "damaged_data" && !thrown.message.includes("/");
}

Deno.test("any row is read, in any order, whatever its length", () =>
  inFolder((folder) => {
    const lengths = [1, 3_000_000, 2, 70_000, 65_536, 5];
    const rows = [...lengths, ...Array.from({ length: 9000 }, (_, i) => i % 50)]
      .map((length, index) => ({ text: "é".repeat(length), index }));
    assert.deepEqual(store(folder, rows), { rows: rows.length, columns: ["text"] });
    const reader = new RowReader(folder);
    assert.equal(reader.length, rows.length);
    for (const index of [0, 1, 2, 3, 4, 5, 6, 9005, 4096, 4095, 1, 8999, 0]) {
      assert.deepEqual(reader.row(index), rows[index]);
    }
    rows.forEach((row, index) => assert.equal(reader.line(index), JSON.stringify(row)));
    const text = Deno.readTextFileSync(join(folder, ROWS_FILE));
    assert.equal(text, rows.map((row) => JSON.stringify(row) + "\n").join(""));
  }));

Deno.test("files that are gone, cut off or of another store are damage, and name no path", () =>
  inFolder((folder) => {
    assert.throws(() => new RowReader(folder), isDamaged);
    store(folder, [{ a: 1 }, { a: 2 }, { a: 3 }], ["a"]);
    const whole = new RowReader(folder);
    for (const [file, bytes] of [[ROWS_FILE, 5], [OFFSETS_FILE, 8]] as const) {
      const path = join(folder, file);
      const before = Deno.readFileSync(path);
      Deno.writeFileSync(path, before.subarray(0, before.length - bytes));
      assert.throws(() => new RowReader(folder), isDamaged);
      Deno.writeFileSync(path, before);
    }
    Deno.writeTextFileSync(join(folder, ROWS_FILE), '{"a":1}\n{"a":!}\n{"a":3}\n');
    assert.throws(() => new RowReader(folder).row(1), isDamaged);
    Deno.removeSync(join(folder, ROWS_FILE));
    assert.throws(() => whole.row(0), isDamaged);
  }));

Deno.test("a store of no rows is whole", () =>
  inFolder((folder) => {
    store(folder, [], []);
    assert.equal(new RowReader(folder).length, 0);
  }));
