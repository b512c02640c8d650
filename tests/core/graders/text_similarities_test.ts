/** Likeness of texts, compared with what rapidfuzz, nltk and rouge-score gave (`tests/fixtures/make_similarities.py`). */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { TEXT_METRICS, type TextMetric } from "../../../core/contract/graders/grader_schema.ts";
import { commonSubsequence } from "../../../core/graders/common_subsequence.ts";
import { TEXT_SIMILARITIES } from "../../../core/graders/text_similarities.ts";

const file = new URL("../../fixtures/similarities.json", import.meta.url);
const { metrics, rows } = JSON.parse(Deno.readTextFileSync(file)) as {
  metrics: TextMetric[];
  rows: [string, string, ...number[]][];
};

Deno.test("the fixture has 1,000 pairs and every metric, most of them neither 0 nor 1", () => {
  assert.equal(rows.length, 1000);
  assert.deepEqual(metrics, [...TEXT_METRICS]);
  for (const [at, metric] of metrics.entries()) {
    const between = rows.filter((row) => (row[at + 2] as number) > 1e-6 && (row[at + 2] as number) < 1);
    assert.ok(between.length > 100, `${metric}: ${between.length}`);
  }
});

for (const [at, metric] of metrics.entries()) {
  Deno.test(`${metric} is what Python's library gives`, () => {
    for (const [input, reference, ...expected] of rows) {
      const score = TEXT_SIMILARITIES[metric](input, reference);
      const difference = Math.abs(score - expected[at]!);
      assert.ok(difference < 1e-12, `${JSON.stringify([input, reference])}: ${score}, not ${expected[at]}`);
    }
  });
}

Deno.test("commonSubsequence() is what the table of all prefixes says", () => {
  const slow = (a: number[], b: number[]) => {
    const lengths = Array(b.length + 1).fill(0) as number[];
    for (const x of a) {
      let before = 0;
      for (let j = 1; j <= b.length; j++) {
        const above = lengths[j]!;
        lengths[j] = x === b[j - 1] ? before + 1 : Math.max(above, lengths[j - 1]!);
        before = above;
      }
    }
    return lengths[b.length]!;
  };
  const list = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 120 });
  fc.assert(fc.property(list, list, (a, b) => commonSubsequence(a, b) === slow(a, b)), { seed: 0 });
});
