/** The formula of multi graders: what it computes, and what it refuses. */
import assert from "node:assert/strict";
import { BadFormula, parseFormula } from "../../../../core/contract/graders/formula.ts";

const value = (text: string, given: Record<string, number> = {}) =>
  parseFormula(text).evaluate(new Map(Object.entries(given)));

Deno.test("formulas compute as written mathematics", () => {
  const cases: [string, number][] = [
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["8 - 4 - 2", 2],
    ["16 / 4 / 2", 2],
    ["2 ^ 3 ^ 2", 512],
    ["-2 ^ 2", -4],
    ["2 ^ -1", 0.5],
    ["2 * -3", -6],
    ["- - 3", 3],
    ["1.5e2 + .5", 150.5],
    ["min(3, 1, 2) + max(4, 5)", 6],
    ["abs(-3) + floor(1.7) + ceil(1.2)", 6],
    ["sqrt(16) + log(exp(2))", 6],
  ];
  for (const [text, expected] of cases) assert.ok(Math.abs(value(text) - expected) < 1e-12, text);
});

Deno.test("a formula says which graders it names, functions not among them", () => {
  const formula = parseFormula("0.8 * exact + min(close, exact) * log");
  assert.deepEqual(formula.names, ["exact", "close", "log"]);
  assert.equal(value("0.8 * exact + 0.2 * close", { exact: 1, close: 0.5 }), 0.9);
});

Deno.test("what is no formula is refused in words", () => {
  const cases = [
    "",
    "1 +",
    "1 2",
    "(1",
    "1)",
    "a..b",
    "pow(1, 2)",
    "abs(1, 2)",
    "min()",
    "a = 1",
    "a[0]",
    "'a'",
  ];
  for (const text of cases) assert.throws(() => parseFormula(text), BadFormula, text);
  assert.throws(() => parseFormula("constructor(1)"), /Expected a function among/);
  assert.throws(() => parseFormula("(".repeat(4000) + "1" + ")".repeat(4000)), /levels of parentheses/);
  assert.throws(() => parseFormula("-".repeat(9000) + "1"), /levels of parentheses/);
  assert.throws(() => parseFormula("1 +".repeat(4000) + "1"), /at most 10000 characters/);
});

Deno.test("a long flat formula is no deep one", () => {
  assert.equal(value("1+".repeat(4000) + "1"), 4001);
});
