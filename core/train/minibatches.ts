/** How a rollout batch is cut: shuffled anew each PPO epoch into mini-batches (one optimizer step each), those into micro-batches (one graph run each). */
import { permutation } from "../rng.ts";

/**
 * @throws {RangeError} if `parts` does not divide `whole`
 */
export function exactDiv(whole: number, parts: number, what: string): number {
  const quotient = whole / parts;
  if (!Number.isInteger(quotient) || quotient < 1) {
    throw new RangeError(`Cannot split ${what} ${whole} into ${parts} equal parts`);
  }
  return quotient;
}

export interface ShuffleKey {
  seed: number;
  /** Step of the job. */
  step: number;
  /** Pass over this rollout batch. */
  ppo_epoch: number;
}

/** Row numbers 0..batchSize−1 in an order that depends on the key alone, cut into `count` equal mini-batches. */
export function miniBatches(batchSize: number, count: number, key: ShuffleKey): number[][] {
  const size = exactDiv(batchSize, count, "rollouts");
  const order = permutation(key.seed, "shuffle", key.step, key.ppo_epoch, batchSize);
  return Array.from({ length: count }, (_, i) => order.slice(i * size, (i + 1) * size));
}

/** A mini-batch, or a share of one, cut into runs of `size` rows, the last maybe of fewer; null is the whole of it. */
export function microBatches<T>(miniBatch: readonly T[], size: number | null): T[][] {
  const rows = size ?? miniBatch.length;
  const count = miniBatch.length === 0 ? 0 : Math.ceil(miniBatch.length / rows);
  return Array.from({ length: count }, (_, i) => miniBatch.slice(i * rows, (i + 1) * rows));
}

/**
 * Rows with those of like lengths beside each other, longest first, so that micro-batches of them compute little padding: a
 * loss that is a mean over the mini-batch is the same in any order.
 */
export function byLength<T>(rows: readonly T[], lengthOf: (row: T) => number): T[] {
  return rows.toSorted((a, b) => lengthOf(b) - lengthOf(a));
}

/**
 * N_step: action tokens of the whole mini-batch. Each micro-batch divides its sums by this, so that the
 * gradient does not depend on how the mini-batch was cut.
 */
export function tokenCount(rows: readonly { response_ids: ArrayLike<number> }[]): number {
  return rows.reduce((tokens, row) => tokens + row.response_ids.length, 0);
}
