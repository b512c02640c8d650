/** Sums, means, extremes and running sums over axes. */
import { normalizeAxis, type TensorType, type Value } from "../graph/value.ts";
import type { Builder } from "../graph/builder.ts";
import type { OpRow, Sample } from "./op_row.ts";

interface Reduce {
  axes: readonly number[];
  keepdims: boolean;
}

export interface ReductionAttrs {
  ReduceSum: Reduce;
  ReduceMean: Reduce;
  ReduceMax: Reduce;
  ReduceMin: Reduce;
  ArgMax: { axis: number; keepdims: boolean };
  CumSum: { axis: number };
  TopK: { axis: number; size: number | string };
}

function reduced(x: TensorType, { axes, keepdims }: Reduce): TensorType {
  const over = new Set(axes.map((axis) => normalizeAxis(axis, x.shape.length)));
  const shape = x.shape.flatMap((dim, axis) => over.has(axis) ? (keepdims ? [1] : []) : [dim]);
  return { dtype: x.dtype, shape };
}

/** The output or its gradient with the reduced axes back as 1, so that it broadcasts against the input. */
function kept(g: Builder, y: Value, x: Value, { axes, keepdims }: Reduce): Value {
  return keepdims ? y : g.reshape(y, reduced(x, { axes, keepdims: true }).shape);
}

type Apply = (g: Builder, x: Value, axes: number[], keepdims: boolean) => Value;

function reduceSamples(apply: Apply): Sample[] {
  const cases: [number[], boolean][] = [[[-1], true], [[0], false], [[0, 2], true], [[0, 1, 2], false]];
  return cases.map(([axes, keepdims]) => ({
    inputs: [{ shape: [2, 3, 4] }],
    build: (g, x) => [apply(g, x!, axes, keepdims)],
  }));
}

const onnx = ({ keepdims }: { keepdims: boolean }) => ({ keepdims: Number(keepdims) });

/** Ties share nothing: every element equal to the extreme gets dy, which is exact for distinct values. */
function extreme(apply: Apply): OpRow<Reduce> {
  return {
    infer: ([x], attrs) => [reduced(x!, attrs)],
    vjp: ({ g, inputs: [x], outputs: [y], grads: [dy], attrs }) => [
      g.where(g.equal(x!, kept(g, y!, x!, attrs)), kept(g, dy!, x!, attrs), g.scalar(0)),
    ],
    onnx,
    samples: reduceSamples(apply),
  };
}

export const REDUCTION: { [Name in keyof ReductionAttrs]: OpRow<ReductionAttrs[Name]> } = {
  ReduceSum: {
    infer: ([x], attrs) => [reduced(x!, attrs)],
    vjp: ({ g, inputs: [x], grads: [dy], attrs }) => [g.expand(kept(g, dy!, x!, attrs), x!.shape)],
    onnx,
    samples: reduceSamples((g, x, axes, keepdims) => g.reduceSum(x, axes, keepdims)),
  },
  // As a sum, divided by the number of elements: Σ 1 over the same axes, so symbolic sizes need no arithmetic.
  ReduceMean: {
    infer: ([x], attrs) => [reduced(x!, attrs)],
    vjp: ({ g, inputs: [x], grads: [dy], attrs }) => {
      const count = g.elementCount(x!, attrs.axes);
      return [g.expand(g.div(kept(g, dy!, x!, attrs), count), x!.shape)];
    },
    onnx,
    samples: reduceSamples((g, x, axes, keepdims) => g.reduceMean(x, axes, keepdims)),
  },
  ReduceMax: extreme((g, x, axes, keepdims) => g.reduceMax(x, axes, keepdims)),
  ReduceMin: extreme((g, x, axes, keepdims) => g.reduceMin(x, axes, keepdims)),
  ArgMax: {
    infer: (
      [x],
      { axis, keepdims },
    ) => [{ dtype: "int64", shape: reduced(x!, { axes: [axis], keepdims }).shape }],
    vjp: "none",
    onnx: ({ axis, keepdims }) => ({ axis, keepdims: Number(keepdims) }),
    samples: [
      { inputs: [{ shape: [3, 5] }], build: (g, x) => [g.argMax(x!, -1, false)] },
      { inputs: [{ shape: [3, 5] }], build: (g, x) => [g.argMax(x!, 0, true)] },
    ],
  },
  // The gradient of a running sum is the total minus the running sum before each element.
  CumSum: {
    infer: ([x]) => [x!],
    vjp: ({ g, grads: [dy], attrs: { axis } }) => [
      g.add(g.sub(g.reduceSum(dy!, [axis], true), g.cumSum(dy!, axis)), dy!),
      null,
    ],
    samples: [{ inputs: [{ shape: [3, 5] }], build: (g, x) => [g.cumSum(x!, -1)] }],
  },
  TopK: {
    infer: ([x], { axis, size }) => {
      const at = normalizeAxis(axis, x!.shape.length);
      const shape = x!.shape.map((dim, index) => index === at ? size : dim);
      return [{ dtype: x!.dtype, shape }, { dtype: "int64", shape }];
    },
    vjp: "none",
    onnx: ({ axis }) => ({ axis, largest: 1, sorted: 1 }),
    samples: [{ inputs: [{ shape: [3, 7] }], build: (g, x) => g.topK(x!, g.ints([4]), 4) }],
  },
};
