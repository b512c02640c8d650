/** Which prompts each step rolls out. Every step has exactly batch_size of them, so mini-batches always divide. */
import { permutation } from "../rng.ts";

/** Steps of one pass over the prompts. */
export function stepsPerEpoch(prompts: number, batchSize: number): number {
  return Math.ceil(prompts / batchSize);
}

/** The order in which an epoch visits the prompts: a permutation of 0..prompts−1 from (seed, epoch) alone. */
export function promptOrder(seed: number, epoch: number, prompts: number): number[] {
  return permutation(seed, "data", epoch, 0, prompts);
}

/**
 * Prompt indices of one step of an epoch. The last step wraps around to the start of the order, as does a batch
 * larger than the number of prompts.
 */
export function stepPrompts(order: readonly number[], stepInEpoch: number, batchSize: number): number[] {
  return Array.from({ length: batchSize }, (_, i) => order[(stepInEpoch * batchSize + i) % order.length]!);
}
