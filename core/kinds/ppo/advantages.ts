/** Advantages and returns of one row, walked from its last action to its first. */
import { sameLength } from "./same_length.ts";

export interface GaeOptions {
  /** Discount per token. */
  gamma: number;
  /** GAE's λ. */
  lam: number;
  /** Value of the state after the last action; 0 where the response ended by itself. */
  bootstrapValue?: number;
}

/**
 * Generalised advantage estimation (Schulman et al. 2016, equation 16): δ[t] = r[t] + γV[t+1] − V[t],
 * A[t] = δ[t] + γλA[t+1]; returns are A + V, before any whitening.
 *
 * @param rewards (n)
 * @param values (n) value of the state before each action
 * @returns (n) each
 * @throws {RangeError} if the arrays differ in length
 */
export function gae(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  { gamma, lam, bootstrapValue = 0 }: GaeOptions,
): { advantages: Float32Array; returns: Float32Array } {
  const length = sameLength({ rewards, values });
  const advantages = new Float32Array(length);
  const returns = new Float32Array(length);
  let nextAdvantage = 0, nextValue = bootstrapValue;
  for (let t = length - 1; t >= 0; t--) {
    const delta = rewards[t]! + gamma * nextValue - values[t]!;
    nextAdvantage = delta + gamma * lam * nextAdvantage;
    nextValue = values[t]!;
    advantages[t] = nextAdvantage;
    returns[t] = nextAdvantage + nextValue;
  }
  return { advantages, returns };
}

/** Discounted sum of the rewards from each action on: G[t] = r[t] + γG[t+1], starting from `bootstrapValue`. */
export function rewardToGo(rewards: ArrayLike<number>, gamma: number, bootstrapValue = 0): Float32Array {
  const toGo = new Float32Array(rewards.length);
  let next = bootstrapValue;
  for (let t = rewards.length - 1; t >= 0; t--) toGo[t] = next = rewards[t]! + gamma * next;
  return toGo;
}
