/** What a rollout batch looked like before it was trained on. Names and definitions are TRL's where TRL has one, over action tokens only. */
import type { Metrics } from "../../contract/progress.ts";
import type { Experience } from "./experience.ts";
import { groupsOf } from "./group_advantages.ts";
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

/** A column that a job's rows all have or all lack. */
function allOf(rows: readonly Experience[], key: "returns" | "values"): Float32Array[] | null {
  const column = rows.map((row) => row[key]);
  return column.every((values) => values !== null) ? column : null;
}

/** Share of the groups whose scores are all equal, which a method that compares them learns nothing from. */
function equalGroups(rows: readonly Experience[]): number {
  const groups = groupsOf(rows.map(({ group }) => group));
  const equal = groups.filter((places) =>
    places.every((row) => rows[row]!.score === rows[places[0]!]!.score)
  );
  return equal.length / groups.length;
}

export interface RolloutMetricsOptions {
  /** Whether the KL costs reward; otherwise it is a term of the loss. */
  klInReward?: boolean;
  /** Advantages before whitening; needed where there are no values that would tell them. */
  unwhitened?: readonly Float32Array[];
}

/**
 * Metrics of one rollout batch. Those of values are left out where there are none.
 *
 * @param klCoef the coefficient of the KL
 * @throws {RangeError} if the batch is empty
 */
export function rolloutMetrics(
  rows: readonly Experience[],
  klCoef: number,
  { klInReward = true, unwhitened = [] }: RolloutMetricsOptions = {},
): Metrics {
  if (rows.length === 0) throw new RangeError("Cannot measure a rollout batch of no rows");
  const kl = mean(rows.map((row) => sum(row.kl)));
  const scores = moments([rows.map((row) => row.score)]);
  const lengths = rows.map((row) => row.response_ids.length);
  const terminated = rows.filter((row) => row.terminated).length;
  const penalty = klInReward ? klCoef * kl : 0;
  const [returns, values] = [allOf(rows, "returns"), allOf(rows, "values")];
  // Before whitening: returns are always advantage plus value unwhitened.
  const advantages = moments(
    returns && values ? returns.map((row, at) => difference(row, values[at]!)) : unwhitened,
  );
  const gap = rows.map((row) => difference(row.raw_logprobs ?? row.logprobs, row.rollout_logprobs));
  return {
    "objective/kl": kl,
    "objective/entropy": mean(rows.map((row) => -sum(row.logprobs))),
    "objective/non_score_reward": -penalty,
    "objective/scores": scores.mean,
    "objective/scores_std": Math.sqrt(variance(scores, 1)),
    "objective/raw_scores": mean(rows.map((row) => row.raw_score)),
    "objective/rlhf_reward": scores.mean - penalty,
    "val/num_eos_tokens": terminated,
    ...(returns && values && { "val/explained_var": explainedVariance(returns, values) }),
    "advantages/mean": advantages.mean,
    "advantages/std": Math.sqrt(variance(advantages, 1)),
    ...(rows.some(({ sample }) => sample > 0) && { "frac_reward_zero_std": equalGroups(rows) }),
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
