import assert from "node:assert/strict";
import fc from "../../../fast_check.ts";
import { gae, rewardToGo } from "../../../../core/kinds/ppo/advantages.ts";
import { whiten } from "../../../../core/kinds/ppo/whiten.ts";
import { within } from "../../../kernels/within.ts";
import { GAE, ROWS } from "./golden.ts";

const number = fc.double({ min: -3, max: 3, noNaN: true });
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const steps = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 40 });

/** Σ_k (γλ)^k δ[t+k], each δ from its definition. */
function bruteForce(
  rewards: number[],
  values: number[],
  gamma: number,
  lam: number,
  bootstrap: number,
): number[] {
  const next = [...values.slice(1), bootstrap];
  const deltas = rewards.map((reward, t) => reward + gamma * next[t]! - values[t]!);
  return deltas.map((_, t) =>
    deltas.slice(t).reduce((total, delta, k) => total + (gamma * lam) ** k * delta, 0)
  );
}

Deno.test("gae() matches the golden advantages and returns", () => {
  ROWS.rewards.forEach((rewards, i) => {
    const { advantages, returns } = gae(rewards, ROWS.values[i]!, { gamma: 1, lam: 0.95 });
    within(advantages, GAE.advantages[i]!, 1e-6, `advantages ${i}`);
    within(returns, GAE.returns[i]!, 1e-6, `returns ${i}`);
  });
});

Deno.test("gae() matches the golden advantages at other gamma and lam", () => {
  const cases = [
    { gamma: 1, lam: 1, advantages: [[0.9175, 0.7275, 1.2225, 0.4975], [-0.7, -0.89]] },
    {
      gamma: 0.99,
      lam: 0.95,
      advantages: [[0.77407776, 0.62421877, 1.18789875, 0.4975], [-0.651045, -0.89]],
    },
  ];
  for (const { gamma, lam, advantages } of cases) {
    ROWS.rewards.forEach((rewards, i) =>
      within(gae(rewards, ROWS.values[i]!, { gamma, lam }).advantages, advantages[i]!, 1e-6, `row ${i}`)
    );
  }
});

Deno.test("a score one slot after the stop token gives TRL's numbers, which are not ours", () => {
  const { advantages } = gae([-0.01, 0.01, -0.5], [0.2, 0.4, 0.35], { gamma: 1, lam: 0.95 });
  within(advantages, [-0.615125, -0.8475, -0.85], 1e-6, "advantages");
});

Deno.test("gae() equals the sum it abbreviates", () => {
  fc.assert(fc.property(steps, unit, unit, number, (pairs, gamma, lam, bootstrapValue) => {
    const rewards = pairs.map(([reward]) => reward), values = pairs.map(([, value]) => value);
    const { advantages } = gae(rewards, values, { gamma, lam, bootstrapValue });
    within(advantages, bruteForce(rewards, values, gamma, lam, bootstrapValue), 1e-4, "advantages");
  }));
});

Deno.test("gae() with lam = 1 equals reward to go minus value", () => {
  fc.assert(fc.property(steps, unit, number, (pairs, gamma, bootstrapValue) => {
    const rewards = pairs.map(([reward]) => reward), values = pairs.map(([, value]) => value);
    const toGo = rewardToGo(rewards, gamma, bootstrapValue);
    const expected = values.map((value, t) => toGo[t]! - value);
    within(gae(rewards, values, { gamma, lam: 1, bootstrapValue }).advantages, expected, 1e-4, "advantages");
  }));
});

Deno.test("gae() with lam = 0 equals the one-step error", () => {
  const [rewards, values] = [ROWS.rewards[0]!, ROWS.values[0]!];
  const { advantages } = gae(rewards, values, { gamma: 0.9, lam: 0 });
  const expected = rewards.map((reward, t) => reward + 0.9 * (values[t + 1] ?? 0) - values[t]!);
  within(advantages, expected, 1e-6, "advantages");
});

Deno.test("returns are unwhitened advantages plus values", () => {
  const { advantages, returns } = gae(ROWS.rewards[0]!, ROWS.values[0]!, { gamma: 1, lam: 0.95 });
  const values = Array.from(returns, (value, t) => value - advantages[t]!);
  within(values, ROWS.values[0]!, 1e-6, "returns − advantages");
  const whitened = whiten([advantages])[0]!;
  assert.ok(Math.abs(returns[0]! - whitened[0]! - ROWS.values[0]![0]!) > 0.01);
});

Deno.test("a row of one action has no successor", () => {
  const { advantages, returns } = gae([1], [0.25], { gamma: 0.99, lam: 0.95 });
  assert.deepEqual([[...advantages], [...returns]], [[0.75], [1]]);
});

Deno.test("a bootstrapped row goes on with the value of its last state", () => {
  const { advantages } = gae([0, 0], [0, 0], { gamma: 0.5, lam: 1, bootstrapValue: 8 });
  assert.deepEqual([...advantages], [2, 4]);
});

Deno.test("gae() refuses arrays of different length", () => {
  assert.throws(() => gae([1, 2], [1], { gamma: 1, lam: 1 }), /values has 1 entries where rewards has 2/);
});
