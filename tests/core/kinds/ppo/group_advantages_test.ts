import assert from "node:assert/strict";
import fc from "../../../fast_check.ts";
import { drGrpo, groupsOf, grpo, rloo } from "../../../../core/kinds/ppo/group_advantages.ts";
import { within } from "../../../kernels/within.ts";

const group = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 16 });

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

Deno.test("the golden numbers of returns 1, 0, 0, 1 (ppo-spec §19)", () => {
  const returns = [1, 0, 0, 1];
  const signed = (value: number) => [value, -value, -value, value];
  within(grpo(returns), signed(0.86587543), 1e-8, "grpo");
  within(drGrpo(returns), signed(0.5), 1e-8, "dr_grpo");
  within(rloo(returns), signed(0.66666667), 1e-8, "rloo");
});

Deno.test("grpo() is the z-score with Bessel's deviation and 1e-4 added to it, worked out another way", () => {
  fc.assert(fc.property(group, (returns) => {
    // Var = (Σx² − (Σx)²/G)/(G − 1)
    const sum = returns.reduce((a, b) => a + b, 0);
    const squares = returns.reduce((a, b) => a + b * b, 0);
    const deviation = Math.sqrt(Math.max(0, squares - sum * sum / returns.length) / (returns.length - 1));
    fc.pre(deviation > 1e-3);
    within(grpo(returns), returns.map((x) => (x - sum / returns.length) / (deviation + 1e-4)), 1e-4, "A");
  }));
});

Deno.test("rloo() is each return less the mean of the others", () => {
  fc.assert(fc.property(group, (returns) => {
    const expected = returns.map((x, at) => x - mean(returns.filter((_, other) => other !== at)));
    within(rloo(returns), expected, 1e-9, "A");
  }));
});

for (const [name, estimate] of Object.entries({ grpo, drGrpo, rloo })) {
  Deno.test(`${name}() has mean zero in a group, whatever is added to all, and in any order`, () => {
    fc.assert(fc.property(group, fc.double({ min: -10, max: 10, noNaN: true }), (returns, shift) => {
      const advantages = estimate(returns);
      assert.ok(Math.abs(mean(advantages)) < 1e-9, `mean ${mean(advantages)}`);
      // The constant beside the deviation makes a group of almost equal returns sensitive to rounding.
      within(estimate(returns.map((x) => x + shift)), advantages, 1e-6, "shifted");
      within(estimate(returns.toReversed()), advantages.toReversed(), 1e-9, "reversed");
    }));
  });

  Deno.test(`${name}() of equal returns is exactly 0`, () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 16 }),
        (value, size) => {
          const advantages = estimate(new Array<number>(size).fill(value));
          assert.ok(advantages.every((advantage) => advantage === 0), String(advantages));
        },
      ),
    );
  });
}

Deno.test("grpo() of returns that are scaled up stays, as its deviation goes with them", () => {
  const returns = [3, 1, 2, 7];
  within(grpo(returns.map((x) => 1000 * x)), grpo(returns), 1e-4, "scaled");
});

Deno.test("groupsOf() finds rows of a group wherever they are", () => {
  assert.deepEqual(groupsOf([3, 1, 3, 3, 1]), [[0, 2, 3], [1, 4]]);
  assert.deepEqual(groupsOf([]), []);
});
