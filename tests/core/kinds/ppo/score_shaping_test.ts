import assert from "node:assert/strict";
import fc from "../../../fast_check.ts";
import { type PpoConfig, ppoSchema } from "../../../../core/contract/ppo_job.ts";
import { moments } from "../../../../core/moments.ts";
import { EMPTY_STATS, mergeStats } from "../../../../core/running_stats.ts";
import { shapeScores, softOverlong } from "../../../../core/kinds/ppo/score_shaping.ts";
import { within } from "../../../kernels/within.ts";

const config = (given: Partial<PpoConfig>) => ({ ...ppoSchema.parse({}), ...given });
const ended = (length: number) => ({ length, terminated: true });
const cut = (length: number) => ({ length, terminated: false });

Deno.test("a response without a stop token loses exactly missing_eos_penalty", () => {
  const { scores } = shapeScores(
    [2, 2],
    [ended(3), cut(50)],
    config({ missing_eos_penalty: 0.75 }),
    EMPTY_STATS,
  );
  assert.deepEqual([...scores], [2, 1.25]);
});

Deno.test("missing_eos replace puts minus the penalty in the score's place", () => {
  const { scores } = shapeScores(
    [2, 2],
    [ended(3), cut(50)],
    config({ missing_eos: "replace" }),
    EMPTY_STATS,
  );
  assert.deepEqual([...scores], [2, -1]);
});

Deno.test("softOverlong() matches the golden ramp", () => {
  within([10, 14, 18, 20, 21].map((n) => softOverlong(n, 20, 8)), [0, -0.25, -0.75, -1, -1], 1e-12, "ramp");
});

Deno.test("the soft length limit comes on top of the missing-EOS rule", () => {
  const given = config({ max_new_tokens: 20, overlong_tokens: 8, overlong_penalty: 2 });
  const { scores } = shapeScores([1, 1, 1], [ended(10), ended(14), cut(20)], given, EMPTY_STATS);
  assert.deepEqual([...scores], [1, 0.5, -2]);
});

Deno.test("running statistics merged batch by batch equal those of all values at once", () => {
  const batch = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { maxLength: 20 });
  fc.assert(fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
    const merged = batches.reduce(mergeStats, EMPTY_STATS);
    const { count, mean, m2 } = moments([batches.flat()]);
    within([merged.count, merged.mean, merged.m2], [count, mean, m2], 1e-7, "moments");
  }));
});

Deno.test("score_scaling divides by the running deviation of all batches so far, the present one included", () => {
  const first = shapeScores([0, 2], [ended(1), ended(1)], config({ score_scaling: "std" }), EMPTY_STATS);
  within(first.scores, [0, 2 / Math.SQRT2], 1e-12, "first batch");
  const second = shapeScores(
    [4, 6],
    [ended(1), ended(1)],
    config({ score_scaling: "mean_std" }),
    first.stats,
  );
  const deviation = Math.sqrt((9 + 1 + 1 + 9) / 3);
  within(second.scores, [1 / deviation, 3 / deviation], 1e-12, "second batch");
});

Deno.test("equal scores are not blown up by a deviation of rounding noise", () => {
  const given = config({ score_scaling: "mean_std" });
  const scores = new Array<number>(7).fill(0.1);
  const first = shapeScores(scores, scores.map(() => ended(1)), given, EMPTY_STATS);
  const second = shapeScores(scores, scores.map(() => ended(1)), given, first.stats);
  within(second.scores, scores.map(() => 0), 1e-12, "scores");
});

Deno.test("score_clip comes last", () => {
  const given = config({ score_clip: 0.5 });
  const { scores } = shapeScores([3, 0.2, 0], [ended(1), ended(1), cut(50)], given, EMPTY_STATS);
  assert.deepEqual([...scores], [0.5, 0.2, -0.5]);
});

Deno.test("with scaling off the statistics stay as they were", () => {
  assert.equal(shapeScores([1], [ended(1)], config({}), EMPTY_STATS).stats, EMPTY_STATS);
});

Deno.test("shapeScores() refuses a count that does not fit", () => {
  assert.throws(() => shapeScores([1, 2], [ended(1)], config({}), EMPTY_STATS), RangeError);
});
