/**
 * An optimizer step as one graph over flat vectors: AdamW (Loshchilov & Hutter; PyTorch's form, ppo-spec §12) with what
 * is decided before it, whether the gradient is clipped and whether the step is taken at all. Flat, because a model's
 * parameters live in one buffer and the update does not care where one ends.
 */
import { Builder } from "../graph/builder.ts";
import type { Artifact } from "../graph/artifact.ts";
import type { Value } from "../graph/value.ts";
import { gradientNorm } from "./gradient_norm.ts";

export interface AdamConfig {
  adam_beta1: number;
  adam_beta2: number;
  adam_eps: number;
  /** Largest gradient norm; null: never scaled. */
  max_grad_norm: number | null;
}

/** Added to the norm in the clip coefficient, as PyTorch does. */
const CLIP_EPS = 1e-6;

/** What all groups are stepped with. */
interface Decisions {
  /** bool []: the gradient is finite. */
  taken: Value;
  /** What clipping multiplies the gradient by; null: nothing clips. */
  coefficient: Value | null;
  /** 1−β1ᵗ and √(1−β2ᵗ). */
  correction1: Value;
  correction2: Value;
}

/**
 * One step: `gradients` [n] of all parameters and `step` f64 [], the steps taken before; for each of `groups` its
 * `parameters.<group>`, `gradients.<group>`, `m.<group>`, `v.<group>` [n_group] and scalars `lr.<group>` and
 * `decay.<group>` = lr·weight_decay → `norm` [] of the whole gradient, `next_step`, and each group's
 * `next_parameters.<group>`, `next_m.<group>`, `next_v.<group>`. A gradient whose norm is not finite changes none of
 * them. Outputs may be bound to the inputs' memory: each input is read for the last time by the op that writes its
 * successor, or before it.
 */
export function adamwArtifact(groups: readonly string[], config: AdamConfig): Artifact {
  const g = new Builder("optimizer");
  const norm = gradientNorm(g, g.input("gradients", "float32", ["n"]));
  const taken = g.less(norm, Infinity); // NaN is not
  const step = g.input("step", "float64", []);
  const t = g.add(step, 1);
  const decisions = { taken, coefficient: clipCoefficient(g, norm, config), ...corrections(g, t, config) };
  const outputs = groups.map((group) => stepGroup(g, group, config, decisions));
  return g.finish({ norm, next_step: g.where(taken, t, step), ...Object.assign({}, ...outputs) });
}

/** min(1, max_grad_norm / (norm + 1e-6)), rounded once. */
function clipCoefficient(g: Builder, norm: Value, { max_grad_norm }: AdamConfig): Value | null {
  if (max_grad_norm === null) return null;
  const ratio = g.div(max_grad_norm, g.add(g.cast(norm, "float64"), CLIP_EPS));
  return g.cast(g.min(1, ratio), "float32");
}

/** In float64: of 1 − 0.999ᵗ float32 would keep four digits in the first steps. */
function corrections(g: Builder, t: Value, { adam_beta1, adam_beta2 }: AdamConfig) {
  const correction = (beta: number) => g.sub(1, g.exp(g.mul(t, Math.log(beta)))); // βᵗ = e^(t·ln β)
  return {
    correction1: g.cast(correction(adam_beta1), "float32"),
    correction2: g.cast(g.sqrt(correction(adam_beta2)), "float32"),
  };
}

/** A step that is not taken is one by a gradient of zeros at rate 0 that forgets nothing: no array is copied for it. */
function stepGroup(
  g: Builder,
  group: string,
  { adam_beta1, adam_beta2, adam_eps }: AdamConfig,
  { taken, coefficient, correction1, correction2 }: Decisions,
): Record<string, Value> {
  const [parameters, gradients, m, v] = ["parameters", "gradients", "m", "v"].map((name) =>
    g.input(`${name}.${group}`, "float32", [`n_${group}`])
  );
  const [lr, decay] = ["lr", "decay"].map((name) =>
    g.where(taken, g.input(`${name}.${group}`, "float32", []), 0)
  );
  const [beta1, beta2] = [adam_beta1, adam_beta2].map((beta) => g.where(taken, g.scalar(beta), 1));
  // Chosen, not multiplied by 0: that would leave NaN.
  const clipped = g.where(taken, coefficient ? g.mul(gradients!, coefficient) : gradients!, 0);
  const nextM = g.add(g.mul(m!, beta1!), g.mul(clipped, g.sub(1, g.scalar(adam_beta1))));
  const nextV = g.add(g.mul(v!, beta2!), g.mul(g.mul(clipped, clipped), g.sub(1, g.scalar(adam_beta2))));
  const denominator = g.add(g.div(g.sqrt(nextV), correction2), adam_eps);
  const direction = g.div(g.mul(nextM, g.div(lr!, correction1)), denominator);
  const decayed = g.sub(parameters!, g.mul(parameters!, decay!));
  return {
    [`next_parameters.${group}`]: g.sub(decayed, direction),
    [`next_m.${group}`]: nextM,
    [`next_v.${group}`]: nextV,
  };
}
