/** What is measured on pairs of scores: numbers worked out by hand, and calibration of a model that is as sure as it is right. */
import assert from "node:assert/strict";
import { measurePairs, normalizationOfPairs } from "../../../../core/kinds/reward_model/measure_pairs.ts";
import { uniform } from "../../../../core/rng.ts";
import { within } from "../../../kernels/within.ts";

Deno.test("measurePairs() gives the losses of ppo-spec §19, and counts equal scores as wrong", () => {
  const pairs = [[1.2, 0], [0, 0.3], [2, 2]].map(([chosen, rejected]) => ({
    chosen: chosen!,
    rejected: rejected!,
    margin: 0,
  }));
  const { loss, accuracy, margin } = measurePairs(pairs, 0);
  within([loss], [(0.26328247 + 0.85435524 + 0.69314718) / 3], 1e-8, "loss");
  within([accuracy, margin], [1 / 3, 0.3], 1e-12, "accuracy and margin");
  const centred = measurePairs(pairs, 0.5);
  within([centred.loss - loss], [0.5 * (1.44 + 0.09 + 16) / 3], 1e-12, "centring");
  const margins = measurePairs([{ chosen: 1.2, rejected: 0, margin: 1.5 }], 0);
  within([margins.loss], [0.85435524], 1e-8, "a margin is subtracted");
});

Deno.test("measurePairs() finds a model calibrated that is right as often as it says, and another not", () => {
  const N = 20_000;
  const pairs = (sharpness: number) =>
    Array.from({ length: N }, (_, i) => {
      const difference = 6 * (uniform(1, "data", 0, 0, i) - 0.5);
      const isRight = uniform(1, "data", 0, 1, i) < 1 / (1 + Math.exp(-Math.abs(difference)));
      const size = sharpness * Math.abs(difference);
      return { chosen: isRight ? size : -size, rejected: 0, margin: 0 };
    });
  const calibrated = measurePairs(pairs(1), 0);
  assert.ok(calibrated.calibration_error < 0.02, String(calibrated.calibration_error));
  const overconfident = measurePairs(pairs(10), 0);
  assert.equal(overconfident.accuracy, calibrated.accuracy);
  assert.ok(overconfident.calibration_error > 0.1, String(overconfident.calibration_error));
  assert.ok(overconfident.brier > calibrated.brier);
});

Deno.test("measurePairs() of scores without a bound stays finite, and one bin has an error of its own", () => {
  const { loss, calibration_error, brier } = measurePairs([{ chosen: -1e4, rejected: 1e4, margin: 0 }], 0);
  assert.deepEqual([loss, calibration_error, brier], [2e4, 1, 1]);
});

Deno.test("normalizationOfPairs() gives mean and population deviation, and the scale of equal scores stays", () => {
  const pairs = [[1, 3], [5, 7]].map(([chosen, rejected]) => ({
    chosen: chosen!,
    rejected: rejected!,
    margin: 0,
  }));
  assert.deepEqual(normalizationOfPairs(pairs), { mean: 4, std: Math.sqrt(5), samples: 4 });
  assert.deepEqual(normalizationOfPairs([{ chosen: 2, rejected: 2, margin: 0 }]), {
    mean: 2,
    std: 1,
    samples: 2,
  });
});
