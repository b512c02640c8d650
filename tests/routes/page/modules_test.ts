/** The page's modules that need no browser. */
import assert from "node:assert/strict";
import { readRows, writeRows } from "../../../routes/page/form/rows_field.js";
import { at, formOf, labelOf, withPart } from "../../../routes/page/form/schema.js";
import { bytes, duration, fixed, number } from "../../../routes/page/lib/format.js";
import { MetricTable } from "../../../routes/page/lib/metric_table.js";
import { extent, heat } from "../../../routes/page/parts/heat.js";
import { smoothed } from "../../../routes/page/parts/smoothed.js";
import { curveGroups } from "../../../routes/page/views/job/curve_groups.js";

Deno.test("a metric table keeps rows in order, each step once, and gaps as null", () => {
  const table = new MetricTable();
  table.add({ step: 1, epoch: 1, a: 1 });
  table.add({ step: 2, epoch: 1, a: 2, b: 5 });
  table.add({ step: 2, epoch: 1, a: 9 });
  table.add({ step: 3, epoch: 2 });
  assert.deepEqual(table.steps, [1, 2, 3]);
  assert.deepEqual(table.values("a"), [1, 2, null]);
  assert.deepEqual(table.values("b"), [null, 5, null]);
  assert.deepEqual([table.first("b"), table.last("a"), table.last("c")], [5, 2, null]);
  assert.ok(table.has("b") && !table.has("c"));
});

Deno.test("smoothing begins at the first value, not at nothing, and leaves gaps", () => {
  assert.deepEqual(
    smoothed([2, 2, null, 2], 0.9).map((value: number | null) => value && Number(value.toFixed(9))),
    [
      ...[2, 2, null, 2],
    ],
  );
  const [, second] = smoothed([0, 1], 0.5);
  assert.ok(Math.abs(second! - 2 / 3) < 1e-12);
});

Deno.test("every metric of a job is in one chart", () => {
  const table = new MetricTable();
  const names = [
    "objective/scores",
    "reward/a/mean",
    "reward/b/mean",
    "reward/a/std",
    "time/train_s",
    "new/metric",
  ];
  table.add({ step: 1, epoch: 1, ...Object.fromEntries(names.map((name) => [name, 1])) });
  for (const isAlone of [true, false]) {
    const shown = curveGroups("ppo", table, isAlone).flatMap(({ charts }) =>
      charts.flatMap(({ names }: { names: string[] }) => names)
    );
    assert.deepEqual(shown.toSorted(), names.toSorted());
  }
});

Deno.test("rows are written as lines and read back as they were", () => {
  const rows = ["a", "two\nlines", 'a "quoted" one', "back\\slash \\n", "{ not JSON", {
    text: "x",
    answer: "y",
  }, " lead"];
  assert.deepEqual(readRows(writeRows(rows)), rows);
  assert.equal(readRows(" \n"), undefined);
  assert.deepEqual(readRows("a\\nb"), ["a\nb"]);
});

Deno.test("a request has what was set, and no empty parts", () => {
  const set = withPart({ kind: "ppo" }, ["ppo", "lam"], 0.9);
  assert.deepEqual(set, { kind: "ppo", ppo: { lam: 0.9 } });
  assert.equal(at(set, ["ppo", "lam"]), 0.9);
  assert.deepEqual(withPart(set, ["ppo", "lam"], undefined), { kind: "ppo" });
  assert.deepEqual(withPart(set, ["value"], null), { ...set, value: null });
});

Deno.test("schemas say how a value is entered", () => {
  const document = {
    components: {
      schemas: { A: { type: "object", properties: { type: { const: "a" }, x: { type: "number" } } } },
    },
  };
  const ref = { $ref: "#/components/schemas/A" };
  const form = (schema: unknown) => formOf(document, schema).form;
  assert.equal(form({ type: ["integer", "null"] }), "integer");
  assert.equal(form({ enum: ["a", "b", null], type: ["string", "null"] }), "choice");
  assert.equal(form({ type: "array", items: { type: "string" } }), "texts");
  assert.equal(form({ type: "object", additionalProperties: { type: "string" } }), "map");
  assert.equal(form(ref), "group");
  assert.equal(form({ anyOf: [ref, { type: "null" }] }), "group");
  const two = formOf(document, {
    oneOf: [ref, { type: "object", properties: { type: { type: "string", enum: ["b"] } } }, { type: "null" }],
  });
  assert.deepEqual([two.form, [...two.variants.keys()], two.isNullable], ["variants", ["a", "b"], true]);
  assert.equal(form({ anyOf: [{ type: "string" }, { type: "array" }] }), "json");
  assert.deepEqual(["kl_coef", "max_new_tokens"].map(labelOf), ["KL coef", "Max new tokens"]);
});

Deno.test("numbers are short, and none is a dash", () => {
  assert.deepEqual([0, 1, 0.123456, -2.5, 123456, 0.00002, null, Infinity].map((value) => number(value)), [
    ...["0", "1", "0.1235", "\u22122.5", "123.5K", "2.0e\u22125", "–", "–"],
  ]);
  assert.deepEqual([duration(0.2), duration(75), duration(7300)], ["200 ms", "1 min 15 s", "2 h 1 min"]);
  assert.deepEqual([bytes(999), bytes(1_234_000)], ["999 B", "1.2 MB"]);
});

Deno.test("colours are strongest where a number is largest, and tell its sign", () => {
  const records = [0, -1, 2].map((kl_div) => ({ kl_div }));
  const size = extent(records, "kl_div");
  assert.equal(size, 2);
  assert.equal(heat(2, size, { isSigned: true })["--much"], "58%");
  assert.notEqual(heat(-1, size, { isSigned: true })["--heat"], heat(1, size, { isSigned: true })["--heat"]);
  assert.equal(heat(null, size, { isSigned: true })["--much"], "0%");
});

Deno.test("columns have their decimals, a real minus, and no sign before nothing", () => {
  assert.deepEqual([1, -0.5, -0.00001, 0, null].map((value) => fixed(value, 2)), [
    "1.00",
    "−0.50",
    "0.00",
    "0.00",
    "–",
  ]);
});
