/**
 * Products with 8-bit weights. A weight is int8 codes with one scale per output; what it multiplies is cut to 8 bits
 * on the way, each row with a scale of its own, so that a row's result depends on nothing but the row.
 */
import type { Builder } from "../graph/builder.ts";
import type { TensorType, Value } from "../graph/value.ts";
import type { NoAttrs, OpRow } from "./row.ts";

export interface QuantizationAttrs {
  QuantizeLinear: NoAttrs;
  MatMulIntegerToFloat: NoAttrs;
  Int8Linears: NoAttrs;
}

/** Codes of a row are uint8 around this; the runtime's fast product takes uint8 by int8. */
const ZERO = 128;
const LARGEST = 127;

/** x [M,K] as codes uint8 [M,K] and the size of each row's step [M,1]: x ≈ (codes − 128)·step. */
function quantizeRows(g: Builder, x: Value): { codes: Value; steps: Value } {
  // A row of zeros has no largest value; any step will do for it.
  const largest = g.max(g.reduceMax(g.abs(x), [-1], true), 1e-30);
  const steps = g.mul(largest, 1 / LARGEST);
  const zero = g.constant("uint8", [], Uint8Array.of(ZERO));
  return { codes: g.op("QuantizeLinear", [g.div(x, steps), g.scalar(1), zero], {})[0]!, steps };
}

/** (codes − 128)·step times int8 weights [K,N] with a scale per column, or one for all. */
function int8Product(g: Builder, rows: { codes: Value; steps: Value }, weight: Value, scale: Value): Value {
  const zero = g.constant("uint8", [], Uint8Array.of(ZERO));
  const inputs = [rows.codes, weight, g.scalar(1), scale, zero];
  return g.mul(g.op("MatMulIntegerToFloat", inputs, {})[0]!, rows.steps);
}

/** Codes, their transpose and scale of each linear. */
function triples<Item>(rest: readonly Item[]): Item[][] {
  return Array.from({ length: rest.length / 3 }, (_, i) => rest.slice(3 * i, 3 * i + 3));
}

const integer = (g: Builder, x: Value, to: "int8" | "uint8") => g.cast(g.mul(x, 100), to);

export const QUANTIZATION: { [Name in keyof QuantizationAttrs]: OpRow<QuantizationAttrs[Name]> } = {
  // codes = round(x / scale) + zero point
  QuantizeLinear: {
    infer: ([x, , zero]) => [{ dtype: zero!.dtype, shape: x!.shape }],
    vjp: "none",
    samples: [{
      inputs: [{ shape: [3, 4] }],
      build: (g, x) =>
        g.op("QuantizeLinear", [x!, g.scalar(0.01), g.constant("uint8", [], Uint8Array.of(ZERO))], {}),
    }],
  },
  // y = (a − zero)·b·(scale of a)·(scale of b), a uint8 [M,K], b int8 [K,N], the latter scale [] or [N]
  MatMulIntegerToFloat: {
    domain: "com.microsoft",
    infer: ([a, b]) => [{ dtype: "float32", shape: [a!.shape[0]!, b!.shape[1]!] }],
    vjp: "none",
    samples: [{
      inputs: [{ shape: [3, 4], range: [0, 2] }, { shape: [4, 2] }],
      build: (g, a, b) => {
        const codes = [integer(g, a!, "uint8"), integer(g, b!, "int8")];
        const zero = g.constant("uint8", [], Uint8Array.of(ZERO));
        return g.op("MatMulIntegerToFloat", [...codes, g.scalar(0.5), g.floats([2, 3]), zero], {});
      },
    }],
  },
  // yᵢ = x·Wᵢᵀ for n frozen linears that read the same x [M,in], where Wᵢ = diag(scaleᵢ)·codesᵢᵀ; inputs x, then per
  // linear codesᵢ int8 [in,out], the same transposed [out,in], scaleᵢ [out]. The gradient is that of the linear
  // itself, as if nothing was rounded on its way in: dx = Σ (dyᵢ·scaleᵢ)·codesᵢᵀ, an 8-bit product too.
  Int8Linears: {
    infer: ([x, ...rest]) =>
      triples(rest).map(([, , scale]): TensorType => ({
        dtype: "float32",
        shape: [x!.shape[0]!, scale!.shape[0]!],
      })),
    lower: (g, [x, ...rest]) => {
      const rows = quantizeRows(g, x!);
      return triples(rest).map(([codes, , scale]) => int8Product(g, rows, codes!, scale!));
    },
    vjp: ({ g, inputs: [, ...rest], grads, wants }) => {
      if (!wants[0]) return [null];
      const parts = triples(rest).flatMap(([, transposed, scale], i) => {
        if (!grads[i]) return [];
        return [int8Product(g, quantizeRows(g, g.mul(grads[i]!, scale!)), transposed!, g.scalar(1))];
      });
      return [parts.reduce((a, b) => g.add(a, b))];
    },
    samples: [
      {
        inputs: [{ shape: [5, 4] }, { shape: [4, 3] }, { shape: [4, 6] }],
        build: (g, x, w, w2) => {
          const weights = [w!, w2!].flatMap((weight) => [
            integer(g, weight, "int8"),
            integer(g, g.transpose(weight, [1, 0]), "int8"),
            g.floats(new Array(Number(weight.shape[1])).fill(0.01)),
          ]);
          return g.op("Int8Linears", [x!, ...weights], {});
        },
        like: (g, x, w, w2) => [g.matmul(x!, w!), g.matmul(x!, w2!)],
        tolerance: 0.03,
      },
    ],
  },
};
