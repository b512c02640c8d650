import assert from "node:assert/strict";
import fc from "../../../fast_check.ts";
import { KL_ESTIMATORS, tokenKl } from "../../../../core/kinds/ppo/kl.ts";
import { within } from "../../../kernels/within.ts";
import { ROWS } from "./golden.ts";

const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

Deno.test("tokenKl() sums to the golden k1, k2 and k3 of each row", () => {
  const golden = { k1: [-0.35, 0], k2: [0.15125, 0.04], k3: [0.17385237, 0.04013351] };
  for (const [estimator, sums] of Object.entries(golden)) {
    const rows = ROWS.logprobs.map((row, i) => tokenKl(estimator as "k1", row, ROWS.ref_logprobs[i]!));
    within(rows.map(sum), sums, 1e-6, estimator);
  }
});

Deno.test("k1 and k3 average to the true KL, k2 to its known bias", () => {
  const p = [0.5, 0.3, 0.2], q = [0.2, 0.3, 0.5];
  const mean = (estimate: (delta: number) => number) =>
    p.reduce((total, pi, i) => total + pi * estimate(Math.log(pi) - Math.log(q[i]!)), 0);
  within(
    [mean(KL_ESTIMATORS.k1), mean(KL_ESTIMATORS.k2), mean(KL_ESTIMATORS.k3)],
    [0.274887, 0.293856, 0.274887],
    1e-6,
    "expectation",
  );
});

Deno.test("k2 and k3 are never negative and every estimate is finite, however far apart the policies are", () => {
  fc.assert(fc.property(fc.double({ min: -1e4, max: 1e4, noNaN: true }), (delta) => {
    const [k1, k2, k3] = [KL_ESTIMATORS.k1(delta), KL_ESTIMATORS.k2(delta), KL_ESTIMATORS.k3(delta)];
    // e^-δ − 1 + δ loses its last digits near 0.
    return k2 >= 0 && k3 >= -1e-15 && [k1, k2, k3].every(Number.isFinite);
  }));
});

Deno.test("tokenKl() refuses arrays of different length", () => {
  assert.throws(() => tokenKl("k1", [0, 0], [0]), /ref_logprobs has 1 entries where logprobs has 2/);
});
