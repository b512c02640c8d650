/** Softmax and the two layer normalisations, each over the last axis. Gradients of the latter are worked out in float32. */
import type { Builder } from "../graph/builder.ts";
import type { TensorType, Value } from "../graph/value.ts";
import type { NoAttrs, OpRow } from "./op_row.ts";

export interface NormalizationAttrs {
  Softmax: NoAttrs;
  LogSoftmax: NoAttrs;
  SimplifiedLayerNormalization: { epsilon: number };
  LayerNormalization: { epsilon: number };
}

/** One statistic per row of the last axis. */
function rowStatistic(x: TensorType): TensorType {
  return { dtype: "float32", shape: [...x.shape.slice(0, -1), 1] };
}

function widened(g: Builder, ...values: Value[]): Value[] {
  return values.map((value) => g.cast(value, "float32"));
}

export const NORMALIZATION: { [Name in keyof NormalizationAttrs]: OpRow<NormalizationAttrs[Name]> } = {
  // dx = y·(dy − Σ y·dy)
  Softmax: {
    infer: ([x]) => [x!],
    vjp: ({ g, outputs: [y], grads: [dy] }) => [
      g.mul(y!, g.sub(dy!, g.reduceSum(g.mul(y!, dy!), [-1], true))),
    ],
    onnx: () => ({ axis: -1 }),
    samples: [{ inputs: [{ shape: [3, 5], range: [-2, 2] }], build: (g, x) => [g.softmax(x!)] }],
  },
  // dx = dy − softmax(x)·Σ dy
  LogSoftmax: {
    infer: ([x]) => [x!],
    vjp: ({ g, outputs: [y], grads: [dy] }) => [
      g.sub(dy!, g.mul(g.exp(y!), g.reduceSum(dy!, [-1], true))),
    ],
    onnx: () => ({ axis: -1 }),
    samples: [{ inputs: [{ shape: [3, 5], range: [-2, 2] }], build: (g, x) => [g.logSoftmax(x!)] }],
  },
  // RMSNorm. y = x·r·w, r = rsqrt(mean x² + ε): dx = r·w·dy − x·r³·mean(w·dy·x), dw = Σ x·r·dy
  SimplifiedLayerNormalization: {
    infer: ([x]) => [x!, rowStatistic(x!)],
    cheap: true,
    vjp: ({ g, inputs: [x, w], outputs: [, r], grads: [dy], wants }) => {
      const [wide, weight, grad] = widened(g, x!, w!, dy!);
      const wdy = g.mul(grad!, weight!);
      const slope = g.mul(g.reduceMean(g.mul(wdy, wide!), [-1], true), g.mul(r!, g.mul(r!, r!)));
      return [
        wants[0] ? g.cast(g.sub(g.mul(wdy, r!), g.mul(wide!, slope)), x!.dtype) : null,
        wants[1] ? g.cast(g.mul(grad!, g.mul(wide!, r!)), w!.dtype) : null,
      ];
    },
    optionalFrom: 1,
    onnx: ({ epsilon }) => ({ axis: -1, epsilon: { float: epsilon }, stash_type: 1 }),
    samples: [{
      inputs: [{ shape: [2, 3, 8], range: [-2, 2] }, { shape: [8], range: [0.5, 1.5] }],
      build: (g, x, w) => [g.rmsNorm(x!, w!, 1e-6)],
    }],
  },
  // y = x̂·w + b, x̂ = (x − μ)·s: with h = w·dy, dx = s·(h − mean h − x̂·mean(h·x̂))
  LayerNormalization: {
    infer: ([x]) => [x!, rowStatistic(x!), rowStatistic(x!)],
    cheap: true,
    vjp: ({ g, inputs: [x, w], outputs: [, mean, s], grads: [dy], wants }) => {
      const [wide, weight, grad] = widened(g, x!, w!, dy!);
      const xHat = g.mul(g.sub(wide!, mean!), s!);
      const h = g.mul(grad!, weight!);
      const centred = g.sub(h, g.reduceMean(h, [-1], true));
      const along = g.mul(xHat, g.reduceMean(g.mul(h, xHat), [-1], true));
      return [
        wants[0] ? g.cast(g.mul(g.sub(centred, along), s!), x!.dtype) : null,
        wants[1] ? g.cast(g.mul(grad!, xHat), w!.dtype) : null,
        dy!,
      ];
    },
    optionalFrom: 1,
    onnx: ({ epsilon }) => ({ axis: -1, epsilon: { float: epsilon }, stash_type: 1 }),
    samples: [{
      inputs: [{ shape: [2, 3, 8], range: [-2, 2] }, { shape: [8], range: [0.5, 1.5] }, { shape: [8] }],
      build: (g, x, w, b) => [g.layerNorm(x!, w!, b!, 1e-5)],
    }],
  },
};
