/** Rewards per action: the KL penalty on every token, the score on the last one, which is the stop token if there is one. */

/**
 * reward[t] = −klCoef·kl[t] + (t = n−1 ? score : 0).
 *
 * @param kl (n) per-token KL in nats
 * @throws {RangeError} if the row has no tokens
 */
export function tokenRewards(score: number, kl: ArrayLike<number>, klCoef: number): Float32Array {
  const last = kl.length - 1;
  if (last < 0) throw new RangeError("Cannot place a score on a response of no tokens");
  // A penalty that is off takes nothing, whatever the KL: it may be infinite.
  const penalty = (t: number) => klCoef === 0 ? 0 : klCoef * kl[t]!;
  return Float32Array.from({ length: kl.length }, (_, t) => (t === last ? score : 0) - penalty(t));
}
