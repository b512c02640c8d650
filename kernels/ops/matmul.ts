/** Matrix products. The gradient of a product is two more products with the transposes moved about. */
import { broadcastShape, type TensorType } from "../graph/value.ts";
import type { NoAttrs, OpRow } from "./op_row.ts";

export interface MatmulAttrs {
  MatMul: NoAttrs;
  FusedMatMul: { transA: boolean; transB: boolean; alpha: number };
  Gemm: { transA: boolean; transB: boolean; alpha: number };
}

function product(a: TensorType, b: TensorType, transA: boolean, transB: boolean): TensorType {
  const [m, k] = transA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [inner, n] = transB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
  if (k !== inner) {
    throw new RangeError(`Cannot multiply [${a.shape}] by [${b.shape}]: inner sizes are ${k} and ${inner}`);
  }
  return { dtype: a.dtype, shape: [...broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n] };
}

export const MATMUL: { [Name in keyof MatmulAttrs]: OpRow<MatmulAttrs[Name]> } = {
  // dA = dC·Bᵀ, dB = Aᵀ·dC
  MatMul: {
    infer: ([a, b]) => [product(a!, b!, false, false)],
    vjp: ({ g, inputs: [a, b], grads: [dc], wants }) => [
      wants[0] ? g.matmul(dc!, b!, { transB: true }) : null,
      wants[1] ? g.matmul(a!, dc!, { transA: true }) : null,
    ],
    samples: [
      { inputs: [{ shape: [3, 4] }, { shape: [4, 2] }], build: (g, a, b) => [g.matmul(a!, b!)] },
      { inputs: [{ shape: [2, 5, 3, 4] }, { shape: [2, 5, 4, 2] }], build: (g, a, b) => [g.matmul(a!, b!)] },
      { inputs: [{ shape: [2, 5, 3, 4] }, { shape: [2, 1, 4, 2] }], build: (g, a, b) => [g.matmul(a!, b!)] },
    ],
  },
  // C = α·op(A)·op(B); a transposed operand swaps the sides of its own gradient
  FusedMatMul: {
    domain: "com.microsoft",
    infer: ([a, b], { transA, transB }) => [product(a!, b!, transA, transB)],
    vjp: ({ g, inputs: [a, b], grads: [dc], attrs: { transA, transB, alpha }, wants }) => [
      !wants[0]
        ? null
        : transA
        ? g.matmul(b!, dc!, { transA: transB, transB: true, alpha })
        : g.matmul(dc!, b!, { transB: !transB, alpha }),
      !wants[1]
        ? null
        : transB
        ? g.matmul(dc!, a!, { transA: true, transB: transA, alpha })
        : g.matmul(a!, dc!, { transA: !transA, alpha }),
    ],
    onnx: ({ transA, transB, alpha }) => ({
      transA: Number(transA),
      transB: Number(transB),
      alpha: { float: alpha },
    }),
    samples: [[false, true], [true, false], [true, true]].map(([transA, transB]) => ({
      inputs: [{ shape: transA ? [2, 4, 3] : [2, 3, 4] }, { shape: transB ? [2, 5, 4] : [2, 4, 5] }],
      build: (g, a, b) => [g.matmul(a!, b!, { transA: transA!, transB: transB!, alpha: 0.7 })],
    })),
  },
  // The product of matrices that ONNX itself has with transposes, added to a third where one is given; for graphs that
  // are exported, and inside composites, so without gradient
  Gemm: {
    infer: ([a, b], { transA, transB }) => [product(a!, b!, transA, transB)],
    vjp: "none",
    onnx: ({ transA, transB, alpha }) => ({
      transA: Number(transA),
      transB: Number(transB),
      alpha: { float: alpha },
    }),
    samples: [[false, true], [true, false]].map(([transA, transB]) => ({
      inputs: [{ shape: transA ? [4, 3] : [3, 4] }, { shape: transB ? [5, 4] : [4, 5] }, { shape: [3, 5] }],
      build: (g, a, b, c) => {
        const attrs = { transA: transA!, transB: transB!, alpha: 0.7 };
        return [...g.op("Gemm", [a!, b!], attrs), ...g.op("Gemm", [a!, b!, c!], attrs)];
      },
    })),
  },
};
