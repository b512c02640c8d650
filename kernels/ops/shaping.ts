/**
 * Ops that move or reshape elements. Target shapes are attributes here (with symbols), and the builder makes the
 * tensors ONNX wants from them, so inference never has to read a tensor.
 */
import { type Dim, dimProduct, normalizeAxis } from "../graph/value.ts";
import type { OpRow } from "./op_row.ts";

export interface ShapingAttrs {
  Reshape: { shape: readonly Dim[] };
  Expand: { shape: readonly Dim[] };
  Transpose: { perm: readonly number[] };
  Concat: { axis: number; size: Dim };
  /** `start` is null where it is known at run time only. */
  Slice: { axis: number; start: number | null; size: Dim };
  Pad: { axis: number; before: number; after: number; size: Dim };
  Split: { axis: number; sizes: readonly Dim[] };
  Shape: { start: number; end: number };
  Range: { size: Dim };
  ConstantOfShape: { shape: readonly Dim[] };
}

export const SHAPING: { [Name in keyof ShapingAttrs]: OpRow<ShapingAttrs[Name]> } = {
  Reshape: {
    infer: ([x], { shape }) => {
      if (dimProduct(x!.shape) !== dimProduct(shape)) {
        throw new RangeError(`Cannot reshape [${x!.shape}] to [${shape}]: the element counts differ`);
      }
      return [{ dtype: x!.dtype, shape }];
    },
    cheap: true,
    vjp: ({ g, inputs: [x], grads: [dy] }) => [g.reshape(dy!, x!.shape), null],
    samples: [
      { inputs: [{ shape: [2, 3, 4] }], build: (g, x) => [g.reshape(x!, [6, 4])] },
      { inputs: [{ shape: [2, 3, 4] }], build: (g, x) => [g.reshape(x!, [4, 3, 2])] },
    ],
  },
  Expand: {
    infer: ([x], { shape }) => [{ dtype: x!.dtype, shape }],
    vjp: ({ grads: [dy] }) => [dy!, null],
    samples: [{ inputs: [{ shape: [3, 1] }], build: (g, x) => [g.expand(x!, [2, 3, 4])] }],
  },
  Transpose: {
    infer: ([x], { perm }) => [{ dtype: x!.dtype, shape: perm.map((axis) => x!.shape[axis]!) }],
    cheap: true,
    vjp: ({ g, grads: [dy], attrs: { perm } }) => {
      const inverse = new Array<number>(perm.length);
      perm.forEach((from, to) => inverse[from] = to);
      return [g.transpose(dy!, inverse)];
    },
    onnx: ({ perm }) => ({ perm }),
    samples: [{ inputs: [{ shape: [2, 3, 4] }], build: (g, x) => [g.transpose(x!, [2, 0, 1])] }],
  },
  // `size` is the axis in the output: the sum of the parts, named by the caller when they are symbols.
  Concat: {
    infer: ([x], { axis, size }) => {
      const at = normalizeAxis(axis, x!.shape.length);
      return [{ dtype: x!.dtype, shape: x!.shape.map((dim, index) => index === at ? size : dim) }];
    },
    vjp: ({ g, inputs, grads: [dy], attrs: { axis } }) => {
      const at = normalizeAxis(axis, dy!.shape.length);
      return g.split(dy!, at, inputs.map((input) => Number(input.shape[at])));
    },
    onnx: ({ axis }) => ({ axis }),
    samples: [{
      inputs: [{ shape: [2, 3] }, { shape: [2, 2] }],
      build: (g, a, b) => [g.concat([a!, b!], 1, 5)],
    }],
  },
  Slice: {
    infer: ([x], { axis, size }) => {
      const at = normalizeAxis(axis, x!.shape.length);
      return [{ dtype: x!.dtype, shape: x!.shape.map((dim, index) => index === at ? size : dim) }];
    },
    vjp: ({ g, inputs: [x], grads: [dy], attrs: { axis, start, size } }) => {
      if (start === null) throw new RangeError("Only a slice between fixed bounds has a gradient");
      const at = normalizeAxis(axis, x!.shape.length);
      const after = Number(x!.shape[at]) - start - Number(size);
      return [g.pad(dy!, axis, start, after), null, null, null];
    },
    samples: [{ inputs: [{ shape: [3, 6] }], build: (g, x) => [g.slice(x!, 1, 2, 3)] }],
  },
  Pad: {
    infer: ([x], { axis, size }) => {
      const at = normalizeAxis(axis, x!.shape.length);
      return [{ dtype: x!.dtype, shape: x!.shape.map((dim, index) => index === at ? size : dim) }];
    },
    vjp: ({ g, inputs: [x], grads: [dy], attrs: { axis, before } }) => {
      const at = normalizeAxis(axis, x!.shape.length);
      return [g.slice(dy!, axis, before, Number(x!.shape[at])), null];
    },
    samples: [{ inputs: [{ shape: [3, 4] }], build: (g, x) => [g.pad(x!, 1, 2, 1)] }],
  },
  Split: {
    infer: ([x], { axis, sizes }) => {
      const at = normalizeAxis(axis, x!.shape.length);
      return sizes.map((size) => ({
        dtype: x!.dtype,
        shape: x!.shape.map((dim, index) => index === at ? size : dim),
      }));
    },
    vjp: ({ g, inputs: [x], outputs, grads, attrs: { axis } }) => {
      const at = normalizeAxis(axis, x!.shape.length);
      return [
        g.concat(grads.map((dy, part) => dy ?? g.zeros(outputs[part]!.shape)), axis, x!.shape[at]!),
        null,
      ];
    },
    onnx: ({ axis }) => ({ axis }),
    samples: [{ inputs: [{ shape: [3, 6] }], build: (g, x) => g.split(x!, 1, [2, 1, 3]) }],
  },
  Shape: {
    infer: (_inputs, { start, end }) => [{ dtype: "int64", shape: [end - start] }],
    vjp: "none",
    onnx: ({ start, end }) => ({ start, end }),
    samples: [{ inputs: [{ shape: [3, 6, 2] }], build: (g, x) => g.op("Shape", [x!], { start: 1, end: 3 }) }],
  },
  Range: {
    infer: ([start], { size }) => [{ dtype: start!.dtype, shape: [size] }],
    vjp: "none",
    samples: [{ inputs: [{ shape: [4] }], build: (g, x) => [g.range(x!.shape[0]!)] }],
  },
  ConstantOfShape: {
    infer: (_inputs, { shape }) => [{ dtype: "float32", shape }],
    vjp: "none",
    samples: [{ inputs: [{ shape: [2, 4] }], build: (g, x) => [g.zeros(x!.shape)] }],
  },
};
