/**
 * The optimizer's two graphs over one flat vector of parameters: the norm of a gradient, and an AdamW update
 * (Loshchilov & Hutter; PyTorch's form, ppo-spec §12). Flat, because a model's parameters live in one buffer and
 * the update does not care where one ends: the same two graphs serve every model.
 */
import { Builder } from "../graph/builder.ts";
import type { Artifact } from "../graph/graph.ts";

/** `gradients` [n] → `norm` [], the Euclidean norm. */
export function gradientNormArtifact(): Artifact {
  const g = new Builder("gradient_norm");
  const gradients = g.input("gradients", "float32", ["n"]);
  // Scaled by the largest entry, so that squares neither overflow nor vanish.
  const row = g.reshape(gradients, [1, "n"]);
  const largest = g.reshape(g.reduceMax(g.max(row, g.neg(row)), [-1], true), [1]);
  const safe = g.where(g.greater(largest, 0), largest, 1);
  const scaled = g.div(row, safe);
  const norm = g.mul(g.sqrt(g.matmul(scaled, scaled, { transB: true })), safe);
  return g.finish({ norm: g.reshape(norm, []) });
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
