/**
 * Products with 8-bit weights. A weight is codes with one scale per output; what it multiplies is cut to 8 bits on the
 * way, each row with a scale of its own, so that a row's result depends on nothing but the row. A weight's codes are
 * int8, or uint8 around 128: the same numbers by another kernel of the runtime, as not every CPU adds up uint8 times
 * int8 exactly.
 */
import type { Builder } from "../graph/builder.ts";
import type { Dim, TensorType, Value } from "../graph/value.ts";
import type { NoAttrs, OpRow, Sample } from "./op_row.ts";

export interface QuantizationAttrs {
  QuantizeLinear: { axis: number };
  MatMulIntegerToFloat: NoAttrs;
  Int8Linears: NoAttrs;
  JoinedInt8Linears: { widths: readonly number[] };
}

/** Codes that are uint8 are around this. Those of rows always are, as the runtime has fast products for no others. */
export const UINT8_ZERO = 128;
const ZERO = Uint8Array.of(UINT8_ZERO);
const LARGEST = 127;
/** A row's largest size is taken to be at least this. */
const SMALLEST = 1e-28;

/** Numbers that a product can sum up: a row's uint8 codes times int8 ones are added in 32 bits, which may saturate. */
export const MAX_INT8_TERMS = Math.floor((2 ** 31 - 1) / (255 * LARGEST));

/** x [M,K] as codes uint8 [M,K] and the size of each row's step [M,1]: x ≈ (codes − 128)·step. */
function quantizeRows(g: Builder, x: Value): { codes: Value; steps: Value } {
  const M = x.shape[0]!;
  const steps = g.mul(largestOfRows(g, x), 1 / LARGEST);
  return { codes: g.op("QuantizeLinear", [x, g.reshape(steps, [M]), zerosOf(g, M)], { axis: 0 })[0]!, steps };
}

/** The largest size in each row of x, [M,1]. */
function largestOfRows(g: Builder, x: Value): Value {
  // A row of zeros has codes of any kind then, which a step of 0 makes zeros of.
  if (g.fewRows) return g.reduceMax(g.abs(x), [-1], true);
  // Two passes that only read cost less than |x|, which is written first. A row of zeros has no largest value; any will do.
  const most = [g.reduceMax(x, [-1], true), g.neg(g.reduceMin(x, [-1], true)), g.scalar(SMALLEST)];
  return g.op("Max", most, {})[0]!;
}

/** Of each graph, by number of rows: a decoded token's graph has hundreds of products, and every node costs it. */
const ZEROS = new WeakMap<Builder, Map<Dim, Value>>();

/** The zero point of each of M rows, made once in a graph. */
function zerosOf(g: Builder, M: Dim): Value {
  const made = ZEROS.get(g) ?? new Map<Dim, Value>();
  ZEROS.set(g, made);
  const known = made.get(M) ?? g.expand(g.constant("uint8", [1], ZERO), [M]);
  made.set(M, known);
  return known;
}

/** (codes − 128)·step, codes uint8 [M,K], times a weight's codes [K,N] with a scale per column [N], → [M,N]. */
export function int8Product(
  g: Builder,
  rows: { codes: Value; steps: Value },
  weight: Value,
  scale: Value,
): Value {
  const zero = g.constant("uint8", [], ZERO);
  const zeros = weight.dtype === "uint8" ? [zero, zero] : [zero];
  const product = g.op("MatMulIntegerToFloat", [rows.codes, weight, g.scalar(1), scale, ...zeros], {});
  return g.mul(product[0]!, rows.steps);
}

/** x [M,K] times a weight's codes [K,N] with a scale per column [N], → [M,N]. */
export function int8Matmul(g: Builder, x: Value, weight: Value, scale: Value): Value {
  return int8Product(g, quantizeRows(g, x), weight, scale);
}

/** What stands for each linear: codes and scale for the way there, codes and scale for the backward pass. */
function quartets<Item>(rest: readonly Item[]): Item[][] {
  return Array.from({ length: rest.length / 4 }, (_, i) => rest.slice(4 * i, 4 * i + 4));
}

/** A sample's weight, whose codes in steps of 0.01 every kernel adds up exactly. */
export const SAMPLE_RANGE = [-0.6, 0.6] as const;

/** x as codes of steps of 0.01. */
export function sampleCodes(g: Builder, x: Value, to: "int8" | "uint8"): Value {
  const steps = g.mul(x, 100);
  return g.cast(to === "uint8" ? g.add(steps, UINT8_ZERO) : steps, to);
}

export const QUANTIZATION: { [Name in keyof QuantizationAttrs]: OpRow<QuantizationAttrs[Name]> } = {
  // codes = round(x / scale) + zero point, with a scale and a zero point for each index of the axis
  QuantizeLinear: {
    infer: ([x, , zero]) => [{ dtype: zero!.dtype, shape: x!.shape }],
    vjp: "none",
    onnx: ({ axis }) => ({ axis }),
    samples: [{
      inputs: [{ shape: [3, 4] }],
      build: (g, x) => {
        const zeros = g.constant("uint8", [3], new Uint8Array(3).fill(ZERO[0]!));
        return g.op("QuantizeLinear", [x!, g.floats([0.01, 0.02, 0.03]), zeros], { axis: 0 });
      },
    }],
  },
  // y = (a − zero)·b·(scale of a)·(scale of b), a uint8 [M,K], b int8 [K,N], the latter scale [] or [N]. With another
  // zero point as a sixth input, b − zero stands for b, which may be uint8.
  MatMulIntegerToFloat: {
    domain: "com.microsoft",
    infer: ([a, b]) => [{ dtype: "float32", shape: [a!.shape[0]!, b!.shape[1]!] }],
    vjp: "none",
    samples: (["int8", "uint8"] as const).map((held): Sample => ({
      inputs: [{ shape: [3, 4] }, { shape: [4, 2] }],
      build: (g, a, b) => {
        const codes = [sampleCodes(g, a!, "uint8"), sampleCodes(g, b!, held)];
        const zero = g.constant("uint8", [], ZERO);
        const zeros = held === "uint8" ? [zero, zero] : [zero];
        return g.op("MatMulIntegerToFloat", [...codes, g.scalar(0.5), g.floats([2, 3]), ...zeros], {});
      },
    })),
  },
  // yᵢ = x·Wᵢᵀ for n frozen linears that read the same x [M,in]. Of each Wᵢ [out,in] there are two sets of codes:
  // Wᵢᵀ ≈ codes [in,out]·scale [out], and Wᵢ ≈ back [out,in]·backScale [in]. Inputs x, then codes, scale, back and
  // backScale of each. The gradient is that of the linear itself, as if nothing was rounded on its way in:
  // dx = Σ dyᵢ·Wᵢ, an 8-bit product too. Scales on the side that is not summed over cost nothing there; one set of
  // codes for both ways would need dy scaled first, a pass over an array that is larger than the weight.
  Int8Linears: {
    infer: ([x, ...rest]) =>
      quartets(rest).map(([, scale]): TensorType => ({
        dtype: "float32",
        shape: [x!.shape[0]!, scale!.shape[0]!],
      })),
    lower: (g, [x, ...rest]) => {
      const rows = quantizeRows(g, x!);
      return quartets(rest).map(([codes, scale]) => int8Product(g, rows, codes!, scale!));
    },
    vjp: ({ g, inputs: [, ...rest], grads, wants }) => {
      if (!wants[0]) return [null];
      const parts = quartets(rest).flatMap(([, , back, scale], i) =>
        grads[i] ? [int8Matmul(g, grads[i], back!, scale!)] : []
      );
      return [parts.reduce((a, b) => g.add(a, b))];
    },
    samples: (["int8", "uint8"] as const).map((held): Sample => ({
      inputs: [{ shape: [5, 4] }, { shape: [4, 3], range: SAMPLE_RANGE }, {
        shape: [4, 6],
        range: SAMPLE_RANGE,
      }],
      build: (g, x, w, w2) => {
        const scale = (size: number) => g.floats(new Array(size).fill(0.01));
        const weights = [w!, w2!].flatMap((weight) => [
          sampleCodes(g, weight, held),
          scale(Number(weight.shape[1])),
          sampleCodes(g, g.transpose(weight, [1, 0]), held),
          scale(Number(weight.shape[0])),
        ]);
        return g.op("Int8Linears", [x!, ...weights], {});
      },
      like: (g, x, w, w2) => [g.matmul(x!, w!), g.matmul(x!, w2!)],
      tolerance: 0.03,
    })),
  },
  // The same without a gradient, of one matrix of codes [in,Σout] with a scale [Σout] where those of n linears of these widths
  // lie side by side: one product. For sampling, of few rows: of many, parting the outputs again costs more.
  JoinedInt8Linears: {
    infer: ([x], { widths }) =>
      widths.map((width): TensorType => ({ dtype: "float32", shape: [x!.shape[0]!, width] })),
    lower: (g, [x, codes, scale], { widths }) => {
      const y = int8Matmul(g, x!, codes!, scale!);
      return widths.length === 1 ? [y] : g.split(y, 1, widths);
    },
    vjp: "none",
    samples: [[4], [1, 3]].map((widths) => ({
      inputs: [{ shape: [5, 3] }, { shape: [3, 4], range: SAMPLE_RANGE }],
      build: (g, x, w) => {
        const codes = sampleCodes(g, w!, "int8");
        return g.op("JoinedInt8Linears", [x!, codes, g.floats(new Array(4).fill(0.01))], { widths });
      },
    })),
  },
};
