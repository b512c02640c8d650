/** Int8 matrices: codes with a scale per column, as the runtime's integer product takes them. */
import { familyOf, lmHeadName } from "../../kernels/models/families.ts";
import { linears } from "../../kernels/models/linears.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { INT8, type Int8Dtype, JOINED } from "../../kernels/nn/parameters.ts";
import { type Dtype, DTYPES, type DtypeView } from "../../kernels/onnx/dtypes.ts";
import { UINT8_ZERO } from "../../kernels/ops/quantization.ts";
import { UserError } from "../errors.ts";
import type { WantedWeight } from "./model_weights.ts";

/** A weight whose codes are some columns of an 8-bit one. */
export interface Int8Part extends WantedWeight {
  /** Of its codes, [K,N]. */
  readonly size: readonly [number, number];
  /** Whether the weight is [N,K]. */
  readonly transposed: boolean;
}

/** An 8-bit weight of a graph, and what it is made from. */
export interface Int8Source {
  /** Names of codes and scale. */
  readonly codes: string;
  readonly scale: string;
  /** Of the codes. */
  readonly dtype: Int8Dtype;
  /** Of the codes, [K,N]. */
  readonly size: readonly [number, number];
  /** The weights whose codes lie in it side by side. */
  readonly parts: readonly Int8Part[];
}

/** The codes that a weight has for each way through it, and the scale that belongs to them. */
const WAYS = [{ codes: INT8.codes, scale: INT8.scale }, { codes: INT8.back, scale: INT8.backScale }];

/** Whether a graph's weight is part of an int8 one. */
export function isInt8Part(name: string): boolean {
  return WAYS.some(({ codes, scale }) => name.endsWith(codes) || name.endsWith(scale));
}

/** The int8 weights among `wanted`, with the weights that they are made from. */
export function int8Sources(
  config: ModelConfig,
  wanted: readonly (WantedWeight & { dtype: Dtype })[],
): Int8Source[] {
  const widths = new Map(linears(config).map(({ module, outFeatures }) => [`${module}.weight`, outFeatures]));
  return WAYS.flatMap(({ codes, scale }) =>
    wanted.filter(({ name }) => name.endsWith(codes)).map((weight): Int8Source => {
      const name = weight.name.slice(0, -codes.length);
      const [K, N] = weight.shape as [number, number];
      const names = namesOf(name);
      const parts = names.map((name): Int8Part => {
        const size = [K, names.length === 1 ? N : widths.get(name)!] as const;
        const fanInFanOut = familyOf(config).fanInFanOut && name !== lmHeadName(config);
        const transposed = fanInFanOut === (codes === INT8.back);
        return { name, shape: transposed ? size.toReversed() : size, size, transposed };
      });
      return {
        ...{ codes: name + codes, scale: name + scale },
        dtype: weight.dtype as Int8Dtype,
        size: [K, N],
        parts,
      };
    })
  );
}

/** The weights that an int8 one of this name is made from: `a.q+k.weight` of `a.q.weight` and `a.k.weight`. */
function namesOf(name: string): string[] {
  const [path, ending] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf("."))];
  const start = path.lastIndexOf(".") + 1;
  return path.slice(start).split(JOINED).map((last) => path.slice(0, start) + last + ending);
}

/** An int8 weight of matrices [K,N] that lie side by side; `read` gives the values of each. */
export async function int8Weight(
  { dtype, size: [K, N], parts }: Pick<Int8Source, "dtype" | "size" | "parts">,
  read: (name: string) => Promise<Float32Array>,
): Promise<Int8Matrix> {
  const whole: Int8Matrix = { codes: new DTYPES[dtype].view(K * N), scale: new Float32Array(N) };
  let from = 0;
  for (const { name, size, transposed } of parts) {
    const { codes, scale } = int8Matrix(name, await read(name), size, transposed, dtype);
    if (parts.length === 1) return { codes, scale };
    const [, width] = size;
    for (let k = 0; k < K; k++) whole.codes.set(codes.subarray(k * width, (k + 1) * width), k * N + from);
    whole.scale.set(scale, from);
    from += width;
  }
  return whole;
}

/** Codes [K,N], and a scale for each column. */
export interface Int8Matrix {
  codes: DtypeView<Int8Dtype>;
  scale: Float32Array<ArrayBuffer>;
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
): Int8Matrix {
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
