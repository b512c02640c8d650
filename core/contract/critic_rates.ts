/**
 * The critic's learning rates where a job names none: they follow the policy's. A critic that lags behind what it
 * judges gives advantages of noise, whatever the policy's rate is.
 */

/** A rate that follows the policy's. */
export interface FollowingRate {
  /** Multiple of the policy's rate. */
  times: number;
  /** Never below: a slow policy, all of whose weights are trained say, is no reason for a slow critic. */
  least: number;
  /** Never above: there Adam's steps overshoot. */
  most: number;
}

/**
 * An adapter starts with B at zero, so its first steps move the values by their product with A's small numbers only.
 * At 3 times the policy's rate it explains returns as early as all weights do at the policy's own; at 5 times it is less
 * steady, and a head at 10 times overshoots in the first updates (task bench --learning).
 */
export const ADAPTER_RATE: FollowingRate = { times: 3, least: 5e-5, most: 1e-2 };
export const HEAD_RATE: FollowingRate = { times: 3, least: 1e-4, most: 1e-2 };

/** The rate that follows from the policy's peak learning rate. */
export function followingRate({ times, least, most }: FollowingRate, policy: number): number {
  // Decimals as they are written: 3 · 1e-5 is 3e-5, not its neighbour.
  return Number(Math.min(most, Math.max(least, times * policy)).toPrecision(12));
}
