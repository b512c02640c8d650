/** The most likely tokens of each distribution, with their log-probabilities. */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";

/** So many tokens are told of at most. */
export const MAX_TOP = 5;

/** How many that are of a vocabulary. */
export function topOf(vocabSize: number): number {
  return Math.min(MAX_TOP, vocabSize);
}

/**
 * z [N,V] and the log of its exponentials' sum, lse [N,1] → [N,2K]: the K largest log-probabilities, the largest first, and
 * then their tokens, which are whole numbers that float32 holds exactly.
 */
export function topLogprobs(g: Builder, z: Value, lse: Value): Value {
  const count = topOf(z.shape[1] as number);
  const [values, tokens] = g.topK(z, g.ints([count]), count);
  return g.concat([g.sub(values!, lse), g.cast(tokens!, "float32")], 1, 2 * count);
}
