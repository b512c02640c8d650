/**
 * The form of a row of the op table. A row says what an op's outputs are (`infer`), how gradients flow back
 * through it (`vjp`), and how to try it out (`samples`): one test runs every row's samples on the runtime.
 */
import type { Builder } from "../graph/builder.ts";
import type { TensorType, Value } from "../graph/value.ts";
import type { Attribute } from "../onnx/encode.ts";
import type { Dtype } from "../onnx/dtypes.ts";

export interface VjpContext<Attrs> {
  readonly g: Builder;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Gradient of the loss for each output; null where the loss does not depend on it. */
  readonly grads: readonly (Value | null)[];
  readonly attrs: Attrs;
  /** Which inputs' gradients are used; a rule may return null for the others. */
  readonly wants: readonly boolean[];
}

/** Gradients for the inputs, in order; null = none. Shapes may be broader than the input: the walk sums them. */
export type Vjp<Attrs> = (context: VjpContext<Attrs>) => readonly (Value | null)[];

export interface SampleInput {
  readonly shape: readonly number[];
  readonly dtype?: Dtype;
  /** Range of the random values; [-1, 1) by default. */
  readonly range?: readonly [number, number];
  /** Exact values instead of random ones. */
  readonly values?: readonly number[];
}

export interface Sample {
  readonly inputs: readonly SampleInput[];
  /** Applies the op; the values it returns are compared and differentiated. */
  readonly build: (g: Builder, ...inputs: Value[]) => Value[];
  /** Relative tolerance of the gradient check, where the op itself rounds. */
  readonly tolerance?: number;
  /**
   * For an op that rounds on purpose and whose gradient ignores it: what it stands for. Values and the gradient for
   * the first input are then held against this instead of a finite difference.
   */
  readonly like?: (g: Builder, ...inputs: Value[]) => Value[];
}

export interface OpRow<Attrs> {
  /** Operator domain; the empty string, ONNX's own, by default. */
  readonly domain?: string;
  readonly infer: (inputs: readonly TensorType[], attrs: Attrs) => TensorType[];
  /** `"none"`: no gradient flows back (comparisons, indices, inference-only ops). */
  readonly vjp: Vjp<Attrs> | "none";
  /** ONNX attributes; none by default. */
  readonly onnx?: (attrs: Attrs) => Record<string, Attribute>;
  /** Outputs from this one on may be left out of a node when nothing reads them; none by default. */
  readonly optionalFrom?: number;
  /** Recomputing the outputs costs about as little as reading them: not worth their memory until the backward pass. */
  readonly cheap?: true;
  /** For a composite: emits the ops it stands for. Its own row then only carries the gradient. */
  readonly lower?: (g: Builder, inputs: readonly Value[], attrs: Attrs) => Value[];
  readonly samples: readonly Sample[];
}

/** Attributes of a row without any. */
export type NoAttrs = Record<string, never>;
