/**
 * Per-token estimates of KL(policy ‖ reference) from the sampled tokens' log-probabilities, δ = logprob −
 * ref_logprob (J. Schulman, "Approximating KL Divergence"). For the reward, not as a loss: k1's gradient is 0.
 */
import { sameLength } from "./same_length.ts";

/** exp overflows float32 at 88; 20 nats on one token is already a policy that has left its reference. */
const MAX_EXPONENT = 20;

/** e^x with x kept within ±20. */
function boundedExp(x: number): number {
  return Math.exp(Math.min(MAX_EXPONENT, Math.max(-MAX_EXPONENT, x)));
}

/** Estimators by name: k1 and k3 are unbiased, k2 and k3 are never negative. */
export const KL_ESTIMATORS = {
  k1: (delta: number): number => delta,
  k2: (delta: number): number => 0.5 * delta * delta,
  k3: (delta: number): number => boundedExp(-delta) - 1 + delta,
} as const;

export type KlEstimator = keyof typeof KL_ESTIMATORS;

/**
 * KL of each token of a row, in nats.
 *
 * @throws {RangeError} if the arrays differ in length
 */
export function tokenKl(
  estimator: KlEstimator,
  logprobs: ArrayLike<number>,
  refLogprobs: ArrayLike<number>,
): Float32Array {
  const length = sameLength({ logprobs, ref_logprobs: refLogprobs });
  const estimate = KL_ESTIMATORS[estimator];
  return Float32Array.from({ length }, (_, t) => estimate(logprobs[t]! - refLogprobs[t]!));
}
