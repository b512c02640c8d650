/** Element types our graphs and tensors use: their ONNX number, bytes per element and JavaScript view. */

export const DTYPES = {
  float32: { onnx: 1, bytes: 4, view: Float32Array },
  uint8: { onnx: 2, bytes: 1, view: Uint8Array },
  int8: { onnx: 3, bytes: 1, view: Int8Array },
  int32: { onnx: 6, bytes: 4, view: Int32Array },
  int64: { onnx: 7, bytes: 8, view: BigInt64Array },
  bool: { onnx: 9, bytes: 1, view: Uint8Array },
  float16: { onnx: 10, bytes: 2, view: Uint16Array },
  float64: { onnx: 11, bytes: 8, view: Float64Array },
  bfloat16: { onnx: 16, bytes: 2, view: Uint16Array },
} as const;

export type Dtype = keyof typeof DTYPES;

/** The typed array that holds elements of a dtype. */
export type DtypeView<D extends Dtype = Dtype> = InstanceType<(typeof DTYPES)[D]["view"]>;

/** Floating-point dtypes: gradients can flow through them, and a scalar can be of any. */
export type FloatDtype = Extract<Dtype, "float32" | "float64" | "float16" | "bfloat16">;

export function isFloat(dtype: Dtype): dtype is FloatDtype {
  return dtype === "float32" || dtype === "float64" || dtype === "float16" || dtype === "bfloat16";
}
