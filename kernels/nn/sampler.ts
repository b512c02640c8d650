/**
 * One token per row from hidden states, inside the graph: temperature, then top-k, then top-p (Hugging Face's
 * order), then the inverse of the cumulative distribution at one uniform number per row. Tokens are walked in
 * vocabulary order whether or not the distribution was cut, so a row's token does not depend on its neighbours.
 */
import type { Builder } from "../graph/builder.ts";
import { dimProduct, type Value } from "../graph/value.ts";
import { topLogprobs } from "./top_logprobs.ts";

export interface Sampled {
  /** i64 [B]. */
  token: Value;
  /** log-probability of the token at the row's temperature, before any cut, [B]. */
  logprob: Value;
  /** The most likely tokens, of the same distribution, as `topLogprobs` gives them. */
  top?: Value;
}

/**
 * h [B,H]; `head` makes logits [B,V] of such. Adds inputs `temperature` [B] (0 = greedy), `uniform` [B] in [0,1), and with `truncation`
 * `top_k` i64 [B] (V = off) and `top_p` [B] (1 = off).
 */
export function sampler(
  g: Builder,
  h: Value,
  head: (h: Value) => Value,
  { truncation, top = false }: { truncation: boolean; top?: boolean },
): Sampled {
  const B = h.shape[0]!;
  const column = [B, 1];
  const temperature = g.input("temperature", "float32", [B]);
  const u = g.reshape(g.input("uniform", "float32", [B]), column);
  const greedy = g.equal(temperature, 0);
  const scale = g.reshape(g.reciprocal(g.where(greedy, 1, temperature)), column);
  const z = head(g.mul(h, scale)); // [B,V]
  const p = g.softmax(z);
  const kept = truncation ? cut(g, p) : p;
  const token = g.where(greedy, g.argMax(z, -1, false), draw(g, kept, u));
  const picked = g.gatherElements(z, g.reshape(token, column), 1);
  const lse = g.sub(g.reduceMax(z, [-1], true), g.log(g.reduceMax(p, [-1], true)));
  const logprob = g.reshape(g.sub(picked, lse), [B]);
  return { token, logprob, ...(top && { top: topLogprobs(g, z, lse) }) };
}

/** p where a token survives top-k and then top-p, else 0. Tokens tied with the last kept one are kept. */
function cut(g: Builder, p: Value): Value {
  const [B, V] = p.shape as [string, number];
  const k = g.input("top_k", "int64", [B]);
  const topP = g.reshape(g.input("top_p", "float32", [B]), [B, 1]);
  const [sorted] = g.topK(p, g.ints([V]), V); // descending
  const one = g.constant("int64", [], BigInt64Array.of(1n));
  const kth = g.gatherElements(sorted!, g.reshape(g.sub(k, one), [B, 1]), 1);
  const top = g.where(g.greaterOrEqual(sorted!, kth), sorted!, 0);
  // Off means off: with 1 the sum would round, and a faint tail be lost. 2 is more than any sum.
  const mass = g.where(g.less(topP, 1), g.mul(topP, g.reduceSum(top, [-1], true)), 2);
  const above = g.sub(g.cumSum(top, -1), top); // mass of strictly higher ranks
  const survives = g.and(g.less(above, mass), g.greater(top, 0));
  // The smallest surviving probability; at least the first rank survives because top_p > 0.
  const floor = g.neg(g.reduceMax(g.where(survives, g.neg(sorted!), -2), [-1], true));
  return g.where(g.greaterOrEqual(p, floor), p, 0);
}

/** Tokens that are summed together before the one is looked for. */
const BLOCK = 64;

/**
 * The first index of each row whose running sum exceeds u times the row's total, i64 [B]: weights [B,V] ≥ 0, u [B,1].
 * Two levels, block then token, because running sums are slow: V/64 + 64 of them are needed instead of V.
 */
function draw(g: Builder, weights: Value, u: Value): Value {
  const [B, V] = weights.shape as [string, number];
  const blocks = Math.ceil(V / BLOCK);
  // A last block that is not full gets zeros, which are never drawn.
  const missing = blocks * BLOCK - V;
  const full = missing === 0 ? weights : g.pad(weights, 1, 0, missing);
  const blockSums = g.reduceSum(g.reshape(full, [B, blocks, BLOCK]), [-1], false);
  const sums = g.cumSum(blockSums, -1);
  const target = g.mul(u, g.reduceMax(sums, [-1], true));
  const block = firstAbove(g, sums, target, blockSums);
  const column = g.reshape(block, [B, 1]);
  const before = g.gatherElements(g.sub(sums, blockSums), column, 1);
  const int = (value: number) => g.constant("int64", [], BigInt64Array.of(BigInt(value)));
  const row = g.add(g.mul(g.range(B), int(blocks)), block);
  const inside = g.gather(g.reshape(full, [dimProduct([B, blocks]), BLOCK]), row, 0);
  const token = firstAbove(g, g.add(g.cumSum(inside, -1), before), target, inside);
  return g.add(g.mul(block, int(BLOCK)), token);
}

/**
 * The first index of a weight above 0 where sums [B,n] exceed target [B,1]; where rounding left none, that of the
 * largest weight. Without the first condition a block that begins with weights of 0 could give one of them, because
 * its rounded start may lie above the target.
 */
function firstAbove(g: Builder, sums: Value, target: Value, weights: Value): Value {
  const above = g.and(g.greater(sums, target), g.greater(weights, 0));
  return g.argMax(g.where(above, Number.MAX_SAFE_INTEGER, weights), -1, false);
}
