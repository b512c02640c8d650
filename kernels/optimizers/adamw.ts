/**
 * The optimizer's two graphs over one flat vector of parameters: the norm of a gradient, and an AdamW update
 * (Loshchilov & Hutter; PyTorch's form, ppo-spec §12). Flat, because a model's parameters live in one buffer and
 * the update does not care where one ends: the same two graphs serve every model.
 */
import { Builder } from "../graph/builder.ts";
import type { Artifact } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";

/** Numbers added up one after the other: float32 loses digits when a long sum goes on in one number. */
const BLOCK = 1024;

/** `gradients` [n] → `norm` [], the Euclidean norm; not finite when one of them is not. */
export function gradientNormArtifact(): Artifact {
  const g = new Builder("gradient_norm");
  const gradients = g.input("gradients", "float32", ["n"]);
  const blocks = inBlocks(g, gradients, "n");
  // Scaled by the largest entry, so that squares neither overflow nor vanish.
  const largest = g.max(g.reduceMax(blocks, [0, 1], false), g.reduceMax(g.neg(blocks), [0, 1], false));
  const safe = g.where(g.greater(largest, 0), largest, 1);
  const scaled = g.div(blocks, safe);
  const squares = g.reduceSum(g.reduceSum(g.mul(scaled, scaled), [1], false), [0], false);
  return g.finish({ norm: g.mul(g.sqrt(squares), safe) });
}

/** x [size] with zeros after it, as [blocks, BLOCK]. */
function inBlocks(g: Builder, x: Value, size: string): Value {
  const [block, length] = [g.ints([BLOCK]), g.dim(size)];
  const count = g.op("Div", [g.op("Add", [length, g.ints([BLOCK - 1])], {})[0]!, block], {})[0]!;
  const after = g.op("Sub", [g.op("Mul", [count, block], {})[0]!, length], {})[0]!;
  const padded = `${BLOCK}*blocks`;
  const pads = g.concat([g.ints([0]), after], 0, 2);
  return g.reshape(g.op("Pad", [x, pads], { axis: 0, before: 0, after: 0, size: padded })[0]!, [
    "blocks",
    BLOCK,
  ]);
}

/**
 * One AdamW step: `parameters`, `gradients`, `m`, `v` [n] and scalars `lr`, `coefficient` (what clipping multiplies
 * the gradient by), `decay` = lr·weight_decay, `beta1`, `beta2`, `eps`, `correction1` = 1−β1ᵗ,
 * `correction2` = √(1−β2ᵗ) → the next `parameters`, `m`, `v`. Outputs may be bound to the inputs' memory: each
 * input is read for the last time by the op that writes its successor.
 */
export function adamwArtifact(): Artifact {
  const g = new Builder("optimizer");
  const [parameters, gradients, m, v] = ["parameters", "gradients", "m", "v"].map((name) =>
    g.input(name, "float32", ["n"])
  );
  const scalar = (name: string) => g.input(name, "float32", []);
  const [beta1, beta2] = [scalar("beta1"), scalar("beta2")];
  const clipped = g.mul(gradients!, scalar("coefficient"));
  const nextM = g.add(g.mul(m!, beta1), g.mul(clipped, g.sub(1, beta1)));
  const nextV = g.add(g.mul(v!, beta2), g.mul(g.mul(clipped, clipped), g.sub(1, beta2)));
  const denominator = g.add(g.div(g.sqrt(nextV), scalar("correction2")), scalar("eps"));
  const direction = g.div(g.mul(nextM, g.div(scalar("lr"), scalar("correction1"))), denominator);
  const decayed = g.sub(parameters!, g.mul(parameters!, scalar("decay")));
  return g.finish({ next_parameters: g.sub(decayed, direction), next_m: nextM, next_v: nextV });
}
