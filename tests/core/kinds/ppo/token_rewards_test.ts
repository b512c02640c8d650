import assert from "node:assert/strict";
import fc from "../../../fast_check.ts";
import { tokenKl } from "../../../../core/kinds/ppo/kl.ts";
import { tokenRewards } from "../../../../core/kinds/ppo/token_rewards.ts";
import { within } from "../../../kernels/within.ts";
import { ROWS } from "./golden.ts";

Deno.test("tokenRewards() matches the golden rewards, the score on the last action", () => {
  ROWS.logprobs.forEach((row, i) => {
    const kl = tokenKl("k1", row, ROWS.ref_logprobs[i]!);
    within(tokenRewards(ROWS.scores[i]!, kl, ROWS.kl_coef), ROWS.rewards[i]!, 1e-6, `row ${i}`);
  });
});

Deno.test("rewards sum to score minus the KL penalty: the score counts once", () => {
  const kl = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 64 });
  const coefficient = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(kl, coefficient, fc.double({ min: -9, max: 9, noNaN: true }), (kl, klCoef, score) => {
    const sum = tokenRewards(score, kl, klCoef).reduce((total, reward) => total + reward, 0);
    const expected = score - klCoef * kl.reduce((total, x) => total + x, 0);
    assert.ok(Math.abs(sum - expected) < 1e-4);
  }));
});

Deno.test("with klCoef 0 only the last action is rewarded, also when it is the only one", () => {
  assert.deepEqual([...tokenRewards(2, [3, 3, 3], 0)].map((r) => r + 0), [0, 0, 2]);
  assert.deepEqual([...tokenRewards(2, [3], 0)], [2]);
});

Deno.test("a policy away from its reference pays: k3 makes every penalty negative", () => {
  const kl = tokenKl("k3", [-0.1, -3], [-4, -0.2]);
  assert.ok(tokenRewards(0, kl, 0.1).every((reward) => reward < 0));
});

Deno.test("tokenRewards() refuses a response of no tokens", () => {
  assert.throws(() => tokenRewards(1, [], 0.1), RangeError);
});
