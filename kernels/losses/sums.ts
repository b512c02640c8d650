/** Sums over the tokens of a micro-batch, to scalars. */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";

/** Σ x over [N] → []. */
export function sum(g: Builder, x: Value): Value {
  return g.reduceSum(x, [0], false);
}

/** Σ x·w over [N] → []. */
export function weightedSum(g: Builder, x: Value, weights: Value): Value {
  return sum(g, g.mul(x, weights));
}

/** Scalars as one vector [n], in order. */
export function vector(g: Builder, scalars: readonly Value[]): Value {
  return g.concat(scalars.map((scalar) => g.reshape(scalar, [1])), 0, scalars.length);
}
