/** Which prompts each step rolls out. Every step has exactly batch_size of them, so mini-batches always divide. */
import { memoize } from "../memoize.ts";
import { permutation } from "../rng.ts";

/** Steps of one pass over the prompts. */
export function stepsPerEpoch(prompts: number, batchSize: number): number {
  return Math.ceil(prompts / batchSize);
}

/** Orders of this many epochs are kept: each step of an epoch asks, and for a million prompts it takes a while. */
const KEPT_ORDERS = 2;

/** The order in which an epoch visits the prompts: a permutation of 0..prompts−1 from (seed, epoch) alone. */
export const promptOrder: (seed: number, epoch: number, prompts: number) => readonly number[] = memoize(
  KEPT_ORDERS,
  (seed, epoch, prompts) => permutation(seed, "data", epoch, 0, prompts),
);

/**
 * Prompt indices of one step of an epoch. The last step wraps around to the start of the order, as does a batch
 * larger than the number of prompts.
 */
export function stepPrompts(order: readonly number[], stepInEpoch: number, batchSize: number): number[] {
  return Array.from({ length: batchSize }, (_, i) => order[(stepInEpoch * batchSize + i) % order.length]!);
}
