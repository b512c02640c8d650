/** Int8 matrices: codes with a scale per column, as the runtime's integer product takes them. */
import { familyOf, lmHeadName } from "../../kernels/models/families.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { INT8, type Int8Dtype } from "../../kernels/nn/parameters.ts";
import { type Dtype, DTYPES, type DtypeView } from "../../kernels/onnx/dtypes.ts";
import { UINT8_ZERO } from "../../kernels/ops/quantization.ts";
import { UserError } from "../errors.ts";
import type { WantedWeight } from "./model_weights.ts";

/** A weight that some of a graph's 8-bit weights are made from. */
export interface Int8Source extends WantedWeight {
  /** Names of what is made from it. */
  readonly codes: string;
  readonly scale: string;
  /** Of the codes. */
  readonly dtype: Int8Dtype;
  /** Of the codes, [K,N]. */
  readonly size: readonly [number, number];
  /** Whether the weight is [N,K]. */
  readonly transposed: boolean;
}

/** The codes that a weight has for each way through it, and the scale that belongs to them. */
const WAYS = [{ codes: INT8.codes, scale: INT8.scale }, { codes: INT8.back, scale: INT8.backScale }];

/** Whether a graph's weight is part of an int8 one. */
export function isInt8Part(name: string): boolean {
  return WAYS.some(({ codes, scale }) => name.endsWith(codes) || name.endsWith(scale));
}

/** The weights that the int8 ones among `wanted` are made from. */
export function int8Sources(
  config: ModelConfig,
  wanted: readonly (WantedWeight & { dtype: Dtype })[],
): Int8Source[] {
  return WAYS.flatMap(({ codes, scale }) =>
    wanted.filter(({ name }) => name.endsWith(codes)).map((weight): Int8Source => {
      const name = weight.name.slice(0, -codes.length);
      const [K, N] = weight.shape as [number, number];
      const fanInFanOut = familyOf(config).fanInFanOut && name !== lmHeadName(config);
      const transposed = fanInFanOut === (codes === INT8.back);
      return {
        name,
        shape: transposed ? [N, K] : [K, N],
        codes: name + codes,
        scale: name + scale,
        dtype: weight.dtype as Int8Dtype,
        size: [K, N],
        transposed,
      };
    })
  );
}

const LARGEST = 127;
/** The code that stands for 0. */
const ZEROS = { int8: 0, uint8: UINT8_ZERO } as const;
/** Transposing goes by squares of this many values a side, which stay in the cache. */
const SQUARE = 64;

/**
 * Quantises a matrix, each column by its own largest value: codes [K,N] = round(value / scale), halves up, around 0 as
 * int8 and around 128 as uint8, and scale float32 [N]. A column of zeros has the scale 0. `values` are [K,N], or [N,K]
 * when `transposed`.
 *
 * @throws {UserError} `damaged_model` naming the weight when a value is not finite
 */
export function int8Matrix(
  name: string,
  values: Float32Array,
  [K, N]: readonly [number, number],
  transposed: boolean,
  dtype: Int8Dtype = "int8",
): { codes: DtypeView<Int8Dtype>; scale: Float32Array<ArrayBuffer> } {
  // A step of one is another row of `values` or the next value of one.
  const [alongK, alongN] = transposed ? [1, K] : [N, 1];
  const scale = largest(values, N, transposed);
  if (!scale.every(Number.isFinite)) {
    throw new UserError("damaged_model", `Tensor '${name}' has values that are not finite`);
  }
  const codes = new DTYPES[dtype].view(K * N);
  const zero = ZEROS[dtype];
  const inverse = Float64Array.from(scale, (step) => step === 0 ? 0 : 1 / step);
  for (let fromK = 0; fromK < K; fromK += SQUARE) {
    const toK = Math.min(K, fromK + SQUARE);
    for (let fromN = 0; fromN < N; fromN += SQUARE) {
      const toN = Math.min(N, fromN + SQUARE);
      for (let k = fromK; k < toK; k++) {
        for (let n = fromN; n < toN; n++) {
          codes[k * N + n] = Math.floor(values[k * alongK + n * alongN]! * inverse[n]! + 0.5) + zero;
        }
      }
    }
  }
  return { codes, scale };
}

/** The step of each column: its largest size over 127, and NaN when one of its values is not finite. */
function largest(values: Float32Array, N: number, transposed: boolean): Float32Array<ArrayBuffer> {
  const most = new Float32Array(N);
  const K = values.length / N;
  for (let i = 0, row = 0; i < values.length; row++) {
    if (transposed) {
      let size = 0;
      for (const end = i + K; i < end; i++) {
        size = Math.max(size, Math.abs(values[i]!));
      }
      most[row] = size;
    } else {
      for (let n = 0; n < N; n++, i++) {
        most[n] = Math.max(most[n]!, Math.abs(values[i]!));
      }
    }
  }
  return most.map((size) => size / LARGEST);
}
