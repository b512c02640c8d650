import assert from "node:assert/strict";
import type { Experience } from "../../../../core/kinds/ppo/experience.ts";
import { tokenKl } from "../../../../core/kinds/ppo/kl.ts";
import { explainedVariance, rolloutMetrics } from "../../../../core/kinds/ppo/rollout_metrics.ts";
import { GAE, ROWS } from "./golden.ts";
import { makeExperience } from "./make_experience.ts";

const rows: Experience[] = ROWS.logprobs.map((logprobs, i) =>
  makeExperience(logprobs.length, {
    rollout_id: `r${i}`,
    terminated: i === 1,
    score: ROWS.scores[i]!,
    raw_score: ROWS.scores[i]! + (i === 0 ? 1 : 0),
    logprobs: Float32Array.from(logprobs),
    rollout_logprobs: Float32Array.from(logprobs, (x) => x + (i === 0 ? 0.1 : 0)),
    ref_logprobs: Float32Array.from(ROWS.ref_logprobs[i]!),
    values: Float32Array.from(ROWS.values[i]!),
    kl: tokenKl("k1", logprobs, ROWS.ref_logprobs[i]!),
    returns: Float32Array.from(GAE.returns[i]!),
  })
);

Deno.test("rolloutMetrics() averages over rows what is summed over a row's tokens", () => {
  const metrics = rolloutMetrics(rows, ROWS.kl_coef);
  const expected: Record<string, number> = {
    "objective/kl": -0.175,
    "objective/entropy": (3.75 + 1.9) / 2,
    "objective/non_score_reward": 0.05 * 0.175,
    "objective/scores": 0.25,
    "objective/scores_std": 1.5 / Math.SQRT2,
    "objective/raw_scores": 0.75,
    "objective/rlhf_reward": 0.25 + 0.05 * 0.175,
    "val/num_eos_tokens": 1,
    "val/explained_var": -0.2887319,
    "advantages/mean": GAE.advantages.flat().reduce((sum, x) => sum + x, 0) / 6,
    "advantages/std": 0.8408037,
    "response_len/mean": 3,
    "response_len/min": 2,
    "response_len/max": 4,
    "truncated_frac": 0.5,
    "kl_coef": 0.05,
    "rollout_gap/mean_abs": 0.4 / 6,
    "rollout_gap/max_abs": 0.1,
    "rollout_gap/k3": 4 * (Math.exp(-0.1) - 1 + 0.1) / 6,
  };
  assert.deepEqual(Object.keys(metrics).sort(), Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(Math.abs(metrics[name]! - value) < 1e-6, `${name} is ${metrics[name]}, not ${value}`);
  }
});

Deno.test("rolloutMetrics() does not depend on the order of the rows", () => {
  const backwards = rolloutMetrics(rows.toReversed(), 0.05);
  for (const [name, value] of Object.entries(rolloutMetrics(rows, 0.05))) {
    assert.ok(Math.abs(backwards[name]! - value) < 1e-12, name);
  }
});

Deno.test("a batch of one response of one token gives finite metrics", () => {
  const metrics = rolloutMetrics([makeExperience(1, { score: 1, returns: Float32Array.of(1) })], 0.1);
  assert.deepEqual(Object.entries(metrics).filter(([, value]) => !Number.isFinite(value)), []);
});

Deno.test("explainedVariance() is 1 for a perfect critic, 0 for a constant one and for constant returns", () => {
  assert.equal(explainedVariance([[1, 2], [4]], [[1, 2], [4]]), 1);
  assert.equal(explainedVariance([[1, 2], [4]], [[0, 0], [0]]), 0);
  assert.equal(explainedVariance([[3, 3]], [[1, 2]]), 0);
});

Deno.test("rolloutMetrics() refuses an empty batch", () => {
  assert.throws(() => rolloutMetrics([], 0.1), RangeError);
});
