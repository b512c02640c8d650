/** The KL from the reference as a term of the loss, over packed tokens [N] (ppo-spec §6, §22). */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import { sum, weightedSum } from "./sums.ts";

/** Order of the sums over tokens in output `kl_stats`. */
export const KL_STATS = ["kl_sum"] as const;

/** Differences of log-probabilities beyond this are cut, so that no exponential overflows. */
const MAX_DIFFERENCE = 20;

/** Estimates from δ = logprob − ref_logprob, by name. k1 is none of them: as a loss its gradient is 0 on average. */
const ESTIMATES = {
  /** ½δ², whose gradient is that of KL(policy ‖ reference). */
  k2: (g: Builder, delta: Value): Value => g.mul(g.mul(delta, delta), 0.5),
  /** e^−δ − 1 + δ, whose gradient is that of KL(reference ‖ policy). */
  k3: (g: Builder, delta: Value): Value => g.add(g.sub(g.exp(g.neg(delta)), 1), delta),
} as const;

export type KlLossEstimator = keyof typeof ESTIMATES;

/** Adds input `ref_logprobs` [N] and scalar `kl_coef`. → loss [], times `kl_coef`, and the sums of KL_STATS, each []. */
export function klLoss(
  g: Builder,
  logprobs: Value,
  weights: Value,
  estimator: KlLossEstimator,
): { loss: Value; stats: Value[] } {
  const reference = g.input("ref_logprobs", "float32", logprobs.shape);
  const coefficient = g.input("kl_coef", "float32", []);
  const delta = g.clip(g.sub(logprobs, reference), -MAX_DIFFERENCE, MAX_DIFFERENCE);
  const token = ESTIMATES[estimator](g, delta);
  return { loss: g.mul(weightedSum(g, token, weights), coefficient), stats: [sum(g, token)] };
}
