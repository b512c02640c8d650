/** Rows are read, and made into what steps work on, where somebody asks for them and nowhere else. */
import assert from "node:assert/strict";
import { z } from "zod";
import { UserError } from "../../../core/errors.ts";
import { jobRows, preparedRows, someRows } from "../../../core/train/row_source.ts";
import { inFolder } from "../networks/in_folder.ts";
import { allRows } from "./all_rows.ts";
import { writeDataset } from "./write_dataset.ts";

const schema = z.strictObject({ text: z.string().max(5) });
const onDataset = { dataset: "ds_01k0000000000000000000000a", columns: null };

Deno.test("a row is read where it is wanted, and one that is wrong is told of then", () =>
  inFolder(async (parent) => {
    const texts = ["a", "b", "far too long", "d"];
    const dataset = await writeDataset(parent, texts.map((prompt) => ({ prompt })));
    const rows = jobRows<{ text: string }>(onDataset, "prompts", [], schema, { dataset });
    assert.equal(rows.length, 4);
    assert.deepEqual([rows.at(3), rows.at(0), rows.at(4)], [{ text: "d" }, { text: "a" }, undefined]);
    assert.throws(() => rows.at(2), (thrown) => {
      assert.ok(thrown instanceof UserError);
      assert.equal(thrown.errors[0]!.path, "dataset.rows.2.text");
      return true;
    });
    assert.deepEqual(allRows(someRows(rows, [3, 0])), [{ text: "d" }, { text: "a" }]);
    assert.equal(someRows(rows, [3, 0]).at(2), undefined);
  }));

Deno.test("a request's rows are the same source", () => {
  const rows = jobRows(
    { dataset: null, columns: null },
    "prompts",
    [{ text: "a" }, { text: "b" }],
    schema,
    {},
  );
  assert.deepEqual(allRows(rows), [{ text: "a" }, { text: "b" }]);
  assert.deepEqual([rows.path(1), rows.dataset], ["prompts.1", null]);
});

Deno.test("what is made of rows is made for those asked for, once of a list's and again of a dataset's that is gone", () => {
  const list = Array.from({ length: 1000 }, (_, index) => `row ${index}`);
  for (const dataset of [null, { folder: "", columns: {} }]) {
    const made: number[] = [];
    const source = { length: list.length, at: (index: number) => list[index], path: String, dataset };
    const rows = preparedRows(source, (row, index) => {
      made.push(index);
      return `${row}!`;
    });
    assert.deepEqual([rows.at(3), rows.of("row 3", 3), rows.at(1), rows.at(3)], [
      ...["row 3!", "row 3!", "row 1!", "row 3!"],
    ]);
    assert.deepEqual(made, [3, 1]);
    for (let index = 0; index < 1000; index++) rows.at(index);
    assert.equal(made.length, 1000);
    assert.equal(rows.at(3), "row 3!");
    assert.equal(made.length, dataset ? 1001 : 1000);
    assert.equal(rows.at(1000), undefined);
  }
});

Deno.test("a dataset's row is its prompt's item where that is asked for, but a column of that name comes first", () =>
  inFolder(async (parent) => {
    const prompt = z.object({ item: z.record(z.string(), z.unknown()) });
    const read = async (name: string, row: Record<string, unknown>) => {
      const dataset = await writeDataset(parent, [row], name);
      return jobRows(onDataset, "prompts", [], prompt, { dataset }, { items: true }).at(0)!.item;
    };
    const whole = { prompt: "a", label: "yes" };
    assert.deepEqual(await read("whole", whole), whole);
    assert.deepEqual(await read("column", { prompt: "a", item: { label: "no" } }), { label: "no" });
  }));
