/** What a rollout batch looked like before it was trained on. Names and definitions are TRL's where TRL has one, over action tokens only. */
import type { Metrics } from "../../contract/progress.ts";
import type { Experience } from "./experience.ts";
import { KL_ESTIMATORS } from "./kl.ts";
import { moments, variance } from "../../moments.ts";

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let t = 0; t < values.length; t++) total += values[t]!;
  return total;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function difference(a: Float32Array, b: Float32Array): Float64Array {
  return Float64Array.from(a, (x, t) => x - b[t]!);
}

/**
 * 1 − Var(returns − values) / Var(returns) over all tokens: 1 is a perfect critic, 0 one that knows nothing,
 * below 0 one that misleads. 0 where the returns do not vary.
 */
export function explainedVariance(
  returns: readonly ArrayLike<number>[],
  values: readonly ArrayLike<number>[],
): number {
  const total = variance(moments(returns), 0);
  if (total === 0) return 0;
  const errors = returns.map((row, i) => Float64Array.from(row, (g, t) => g - values[i]![t]!));
  return 1 - variance(moments(errors), 0) / total;
}

/**
 * Metrics of one rollout batch.
 *
 * @param klCoef the coefficient its rewards were made with
 * @throws {RangeError} if the batch is empty
 */
export function rolloutMetrics(rows: readonly Experience[], klCoef: number): Metrics {
  if (rows.length === 0) throw new RangeError("Cannot measure a rollout batch of no rows");
  const kl = mean(rows.map((row) => sum(row.kl)));
  const scores = moments([rows.map((row) => row.score)]);
  const lengths = rows.map((row) => row.response_ids.length);
  const terminated = rows.filter((row) => row.terminated).length;
  // Before whitening: returns are always advantage plus value unwhitened.
  const advantages = moments(rows.map((row) => difference(row.returns, row.values)));
  const gap = rows.map((row) => difference(row.logprobs, row.rollout_logprobs));
  return {
    "objective/kl": kl,
    "objective/entropy": mean(rows.map((row) => -sum(row.logprobs))),
    "objective/non_score_reward": -klCoef * kl,
    "objective/scores": scores.mean,
    "objective/scores_std": Math.sqrt(variance(scores, 1)),
    "objective/raw_scores": mean(rows.map((row) => row.raw_score)),
    "objective/rlhf_reward": scores.mean - klCoef * kl,
    "val/num_eos_tokens": terminated,
    "val/explained_var": explainedVariance(rows.map((row) => row.returns), rows.map((row) => row.values)),
    "advantages/mean": advantages.mean,
    "advantages/std": Math.sqrt(variance(advantages, 1)),
    "response_len/mean": mean(lengths),
    "response_len/min": Math.min(...lengths),
    "response_len/max": Math.max(...lengths),
    "truncated_frac": 1 - terminated / rows.length,
    "kl_coef": klCoef,
    "rollout_gap/mean_abs": moments(gap.map((row) => row.map(Math.abs))).mean,
    "rollout_gap/max_abs": gap.reduce((most, row) => row.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0),
    // k3 of KL(sampler ‖ policy) is taken at sampled tokens: δ is the sampler's log-probability minus ours.
    "rollout_gap/k3": moments(gap.map((row) => row.map((x) => KL_ESTIMATORS.k3(-x)))).mean,
  };
}
