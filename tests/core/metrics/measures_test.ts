import assert from "node:assert/strict";
import { Counter, Histogram } from "../../../core/metrics/measures.ts";

Deno.test("Histogram counts a value at the first bound that it does not exceed", () => {
  const histogram = new Histogram({ help: "h", labels: ["a"], bounds: [1, 2] });
  for (const value of [0.5, 1, 1.5, 2, 2.5]) histogram.observe(value, ["x"]);
  assert.deepEqual([...histogram.series()], [[{ a: "x" }, { counts: [2, 2, 1], sum: 7.5 }]]);
});

Deno.test("Counter keeps a bounded number of series, and counts what comes after as other", () => {
  const counter = new Counter({ help: "h", labels: ["a"] });
  for (let i = 0; i < 2000; i++) counter.add([String(i)], 2);
  const series = [...counter.series()];
  assert.ok(series.length <= 501, `${series.length} series`);
  const total = series.reduce((sum, [, value]) => sum + value, 0);
  assert.equal(total, 4000);
  assert.ok(series.find(([{ a }]) => a === "other")![1] > 2);
});
