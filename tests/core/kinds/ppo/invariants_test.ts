import assert from "node:assert/strict";
import {
  describeViolation,
  firstMicroBatchViolations,
  firstStepViolations,
  rewardViolations,
} from "../../../../core/kinds/ppo/invariants.ts";
import { rolloutMetrics } from "../../../../core/kinds/ppo/rollout_metrics.ts";
import { tokenRewards } from "../../../../core/kinds/ppo/token_rewards.ts";
import { addStats } from "../../../../core/kinds/ppo/update_metrics.ts";
import { makeExperience } from "./make_experience.ts";

const names = (violations: { invariant: string }[]) => violations.map(({ invariant }) => invariant);

Deno.test("a first micro-batch at ratio 1 violates nothing", () => {
  assert.deepEqual(firstMicroBatchViolations({ ...addStats([]), tokens: 10, ratio_sum: 10.00005 }), []);
});

Deno.test("a moved ratio, its approxkl, a clipped token and NaN are all reported", () => {
  const sums = { ...addStats([]), tokens: 10, ratio_sum: 10.2, approxkl_sum: 0.01, clipfrac_sum: 1 };
  assert.equal(firstMicroBatchViolations(sums).length, 3);
  assert.equal(firstMicroBatchViolations({ ...sums, ratio_sum: NaN })[0]!.actual, NaN);
  assert.match(
    describeViolation(firstMicroBatchViolations(sums)[0]!),
    /^The ratio of the first micro-batch is 1.02, not 1 \(± 0.00001\)$/,
  );
});

Deno.test("where products keep few bits the same rows may differ by as many, and no more", () => {
  const sums = { ...addStats([]), tokens: 100, ratio_sum: 100.4, approxkl_sum: 0.02, clipfrac_sum: 1 };
  assert.deepEqual(firstMicroBatchViolations(sums, "coarse"), []);
  assert.equal(firstMicroBatchViolations(sums, "fine").length, 3);
  const wrong = { ...sums, ratio_sum: 108, approxkl_sum: 3, clipfrac_sum: 20 };
  assert.equal(firstMicroBatchViolations(wrong, "coarse").length, 3);
});

Deno.test("the first step wants no KL and a silent zero head, where they apply", () => {
  const row = makeExperience(2, {
    kl: Float32Array.of(0.1, 0),
    values: Float32Array.of(0, 0.5),
    returns: Float32Array.of(1, 2),
  });
  const metrics = rolloutMetrics([row], 0.1);
  const check = (fromReference: boolean, zeroHead: boolean) =>
    names(firstStepViolations(metrics, [row], { fromReference, zeroHead }));
  assert.deepEqual(check(true, true), ["objective/kl of the first step", "largest value of a zero head"]);
  assert.deepEqual(check(false, false), []);
  const silent = makeExperience(2, { returns: Float32Array.of(1, 2) });
  const options = { fromReference: true, zeroHead: true };
  assert.deepEqual(firstStepViolations(rolloutMetrics([silent], 0.1), [silent], options), []);
});

Deno.test("rewards that hold the score once violate nothing; held twice, the worst row is named", () => {
  const kl = Float32Array.of(0.3, -0.1, 0.7);
  const row = (rollout_id: string, score: number, placed = score) =>
    makeExperience(3, { rollout_id, score, kl, rewards: tokenRewards(placed, kl, 0.1) });
  assert.deepEqual(rewardViolations([row("a", 1), row("b", -1000)], 0.1), []);
  const wrong = rewardViolations([row("a", 1), row("b", 1, 2), row("c", 1, 5)], 0.1);
  assert.deepEqual(names(wrong), ["rewards of rollout c"]);
});
