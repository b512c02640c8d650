/** How a dataset's columns become the rows of a request. */
import assert from "node:assert/strict";
import { columnMap, mappedRow, type RowsField } from "../../../core/contract/dataset.ts";
import { ppoJobSchema } from "../../../core/contract/ppo_job.ts";
import { UserError } from "../../../core/errors.ts";
import { fieldErrors } from "../../../core/field_errors.ts";

const ID = "ds_01k0000000000000000000000a";

function mapped(
  field: RowsField,
  row: Record<string, unknown>,
  columns: Record<string, string | null> | null = null,
) {
  return mappedRow(field, columnMap(field, columns, Object.keys(row)), row);
}

Deno.test("rows become what a request would have held", () => {
  assert.deepEqual(mapped("prompts", { prompt: "a", answer: 4, id: 7 }), { text: "a", answer: "4" });
  assert.deepEqual(mapped("prompts", { text: "a", label: 1 }), { text: "a" });
  const messages = [{ role: "user", content: "hi" }];
  assert.deepEqual(mapped("prompts", { prompt: messages }), { messages });
  assert.deepEqual(mapped("prompts", { messages: JSON.stringify(messages), answer: "" }), { messages });
  assert.deepEqual(mapped("prompts", { messages, tools: null }), { messages });
  const pair = { prompt: "a", completion: "b" };
  assert.deepEqual(mapped("examples", { ...pair, tools: [], answer: "c" }), pair);
  assert.deepEqual(mapped("examples", { messages, tools: "[]" }), { messages, tools: [] });
  assert.deepEqual(mapped("examples", { prompt: "a", messages }), { messages });
  assert.deepEqual(mapped("preferences", { prompt: "a", chosen: "b", rejected: "c", margin: "0.5" }), {
    ...{ prompt: "a", chosen: "b", rejected: "c", margin: 0.5 },
  });
});

Deno.test("columns are renamed, and dots reach into objects unless a column has them", () => {
  const row = { "question": "a", "data.answer": "b", "data": { answer: "c", deep: { er: "d" } } };
  assert.deepEqual(mapped("prompts", row, { prompt: "question", answer: "data.answer" }), {
    ...{ text: "a", answer: "b" },
  });
  assert.deepEqual(mapped("prompts", row, { prompt: "question", answer: "data.deep.er" }), {
    ...{ text: "a", answer: "d" },
  });
  const both = { prompt: "a", text: "b", messages: [{ role: "user", content: "c" }] };
  assert.deepEqual(mapped("prompts", both), { text: "a" });
  assert.deepEqual(mapped("prompts", both, { text: "text" }), { text: "b" });
  const judged = { prompt: "a", chosen: "b", rejected: "c" };
  assert.deepEqual(mapped("preferences", judged), judged);
  const named = { chosen: "better", rejected: "worse" };
  assert.deepEqual(mapped("preferences", { prompt: "a", better: "b", worse: "c" }, named), judged);
  assert.deepEqual(mapped("preferences", judged, { prompt: null }), { chosen: "b", rejected: "c" });
  assert.deepEqual(mapped("prompts", both, { prompt: null }), { text: "b" });
});

Deno.test("a column that is not there is told of by the field that names it", () => {
  const refused = (work: () => unknown) => {
    try {
      work();
    } catch (thrown) {
      assert.ok(thrown instanceof UserError);
      return [thrown.errors[0]!.path, thrown.message];
    }
    assert.fail("Expected a refusal");
  };
  const [path, message] = refused(() => columnMap("prompts", { prompt: "question" }, ["text"]));
  assert.equal(path, "columns.prompt");
  assert.match(message!, /no column 'question': it has 'text'/);
  const [unread, beside] = refused(() =>
    columnMap("examples", { tools: "functions" }, ["prompt", "completion", "functions"])
  );
  assert.equal(unread, "columns.tools");
  assert.match(beside!, /Expected one of prompt, completion where rows have prompt and completion/);
  const [other, words] = refused(() => columnMap("preferences", null, ["prompt", "chosen"]));
  assert.equal(other, "dataset");
  assert.match(words!, /Expected columns prompt and chosen and rejected/);
});

Deno.test("a job has rows or a dataset, and columns only of the latter", () => {
  const faults = (given: object) =>
    fieldErrors(
      ppoJobSchema.safeParse({ kind: "ppo", model: "tiny", reward: { type: "length", target: 3 }, ...given })
        .error!,
    ).map(({ path, message }) => `${path}: ${message}`);
  assert.deepEqual(faults({}), ["prompts: Expected prompts or a dataset, got neither"]);
  assert.deepEqual(faults({ prompts: [] }), ["prompts: Expected prompts or a dataset, got neither"]);
  assert.deepEqual(faults({ prompts: ["a"], dataset: ID }), [
    "dataset: Expected prompts or a dataset, got both",
  ]);
  assert.match(faults({ prompts: ["a"], columns: { prompt: "q" } })[0]!, /^columns: Expected a dataset/);
  assert.match(
    faults({ dataset: ID, columns: { completion: "q" } })[0]!,
    /^columns.completion: Expected one of/,
  );
  assert.match(faults({ dataset: "train.csv" })[0]!, /^dataset: Expected the id of a dataset/);
});
