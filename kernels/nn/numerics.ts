/**
 * What a graph is built for. The providers of the runtime differ in the kernels they have, and so does what is fast: the
 * same model function asks here instead of knowing a device.
 */
import type { HalfDtype } from "../onnx/half_precision.ts";
import type { Precision } from "./parameters.ts";

/** Whose kernels run the graph. */
export type Target = "cpu" | "cuda";

export interface Numerics {
  /** What flows between a layer's operators. Losses, log-softmax, norms' statistics and adapters are float32. */
  activations: "float32" | HalfDtype;
  /** What keys and values are kept as while decoding. */
  cache: "float32" | HalfDtype;
  /** Whether attention in training can be the runtime's own: it has to give the probabilities too. */
  fusedAttention: boolean;
  /** Whether numbers next to zero, such as a softmax leaves of what is hidden, may be ten times as slow as others. */
  slowDenormals: boolean;
}

/** CUDA's cached attention takes half precision only, and gives no probabilities. */
export function numericsOf(precision: Precision, target: Target): Numerics {
  const activations = precision === "bfloat16" || precision === "float16" ? precision : "float32";
  return target === "cpu"
    ? { activations, cache: activations, fusedAttention: activations === "float32", slowDenormals: true }
    : {
      activations,
      cache: activations === "float32" ? "float16" : activations,
      fusedAttention: false,
      slowDenormals: false,
    };
}
