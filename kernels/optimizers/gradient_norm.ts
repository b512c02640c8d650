/** The Euclidean norm of a long vector, as exact as float32 can say it, whatever the sizes of its entries. */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";

/** Numbers added up one after the other: float32 loses digits when a long sum goes on in one number. */
const BLOCK = 1024;

/** `gradients` [n] → [], not finite when one of them is not. */
export function gradientNorm(g: Builder, gradients: Value): Value {
  const blocks = inBlocks(g, gradients);
  // Scaled by the largest entry, so that squares neither overflow nor vanish.
  const largest = g.max(g.reduceMax(blocks, [0, 1], false), g.neg(g.reduceMin(blocks, [0, 1], false)));
  const safe = g.where(g.greater(largest, 0), largest, 1);
  const scaled = g.div(blocks, safe);
  const squares = g.reduceSum(g.reduceSum(g.mul(scaled, scaled), [1], false), [0], false);
  return g.mul(g.sqrt(squares), safe);
}

/** x [n] with zeros after it, as [blocks, BLOCK]. */
function inBlocks(g: Builder, x: Value): Value {
  const [block, length] = [g.ints([BLOCK]), g.dim(x.shape[0]!)];
  const count = g.div(g.add(length, g.ints([BLOCK - 1])), block);
  const after = g.sub(g.mul(count, block), length);
  const pads = g.concat([g.ints([0]), after], 0, 2);
  const size = `${BLOCK}*blocks`;
  return g.reshape(g.op("Pad", [x, pads], { axis: 0, before: 0, after: 0, size })[0]!, ["blocks", BLOCK]);
}
