import assert from "node:assert/strict";
import fc from "../../../fast_check.ts";
import { moments, variance } from "../../../../core/moments.ts";
import { whiten } from "../../../../core/kinds/ppo/whiten.ts";
import { within } from "../../../kernels/within.ts";
import { GAE, ROWS, WHITENED } from "./golden.ts";

Deno.test("whiten() matches the golden numbers for both counts of freedom", () => {
  within(whiten(GAE.advantages).flatMap((row) => [...row]), WHITENED.ddof1.flat(), 1e-6, "ddof 1");
  within(
    whiten(GAE.advantages, { ddof: 0 }).flatMap((row) => [...row]),
    WHITENED.ddof0.flat(),
    1e-6,
    "ddof 0",
  );
});

Deno.test("whiten() without shiftMean matches the golden rewards and keeps their mean", () => {
  const whitened = whiten(ROWS.rewards, { shiftMean: false });
  const golden = [[-0.11093377, -0.08020383, -0.03923058, 1.95309378], [-0.11093377, -1.09429181]];
  within(whitened.flatMap((row) => [...row]), golden.flat(), 1e-6, "rewards");
  within([moments(whitened).mean], [moments(ROWS.rewards).mean], 1e-7, "mean");
});

const rows = fc.array(
  fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 20 }),
  { minLength: 1, maxLength: 8 },
);

Deno.test("whitened numbers have mean 0 and variance 1", () => {
  fc.assert(fc.property(rows, (rows) => {
    fc.pre(variance(moments(rows), 1) > 1e-3);
    const { mean, ...rest } = moments(whiten(rows));
    assert.ok(Math.abs(mean) < 1e-5);
    assert.ok(Math.abs(variance({ mean, ...rest }, 1) - 1) < 1e-4);
  }));
});

Deno.test("whitening commutes with a permutation of the rows", () => {
  fc.assert(fc.property(rows, (rows) => {
    const backwards = whiten(rows.toReversed()).toReversed();
    whiten(rows).forEach((row, i) => within(row, backwards[i]!, 1e-5, `row ${i}`));
  }));
});

Deno.test("whiten() leaves a single token as it is and turns equal ones to 0, never to NaN", () => {
  assert.deepEqual(whiten([[3]]).map((row) => [...row]), [[3]]);
  assert.deepEqual(whiten([[3, 3], [3]]).map((row) => [...row]), [[0, 0], [0]]);
  assert.deepEqual(whiten([]), []);
});
