/**
 * The dtypes that onnxruntime's CUDA provider has kernels for, by op, at our opsets (21, and 1 of com.microsoft): from
 * the CUDA part of docs/OperatorKernels.md in onnxruntime's sources, as of 1.30. Only ops and dtypes that our graphs
 * could use. The dtype is that of the type parameter which selects a kernel, T of the document.
 */
import type { OpName } from "../../kernels/ops/table.ts";
import type { Dtype } from "../../kernels/onnx/dtypes.ts";

const HALVES = ["float16", "bfloat16"] as const;
const FLOATS = ["float32", ...HALVES] as const;
/** No bfloat16. */
const NARROW_FLOATS = ["float32", "float16"] as const;
const INTEGERS = ["int32", "int64"] as const;
const ANY = [...FLOATS, "float64", ...INTEGERS, "bool", "int8", "uint8"] as const;

type Kernels = Exclude<OpName, Composite> | "Identity";

/** Ops that are no node: they stand for others. */
type Composite =
  | "CausalAttention"
  | "FusedCausalAttention"
  | "SwiGlu"
  | "SelectedLogprobs"
  | "LoraLinears"
  | "AddedAdapters"
  | "Int8Linears"
  | "JoinedInt8Linears"
  | "DropoutMask"
  | "ApplyMask"
  | "PickRows";

export const CUDA_KERNELS: Readonly<Record<Kernels, readonly Dtype[]>> = {
  Abs: [...FLOATS, ...INTEGERS],
  Add: [...FLOATS, "float64", ...INTEGERS],
  And: ["bool"],
  ArgMax: NARROW_FLOATS,
  Cast: ANY,
  Clip: [...NARROW_FLOATS, "int64"],
  Concat: ANY,
  ConstantOfShape: ANY,
  Cos: NARROW_FLOATS,
  CumSum: [...NARROW_FLOATS, ...INTEGERS],
  Div: [...FLOATS, "float64", ...INTEGERS],
  Equal: [...NARROW_FLOATS, ...INTEGERS, "bool"],
  Exp: [...FLOATS, "float64"],
  Expand: ANY,
  Floor: NARROW_FLOATS,
  FusedMatMul: FLOATS,
  Gather: ANY,
  GatherElements: ANY,
  Gelu: FLOATS,
  Gemm: FLOATS,
  Greater: [...NARROW_FLOATS, ...INTEGERS],
  GreaterOrEqual: [...NARROW_FLOATS, ...INTEGERS],
  GroupQueryAttention: HALVES,
  Identity: ANY,
  LayerNormalization: FLOATS,
  Less: [...NARROW_FLOATS, ...INTEGERS],
  LessOrEqual: [...NARROW_FLOATS, ...INTEGERS],
  Log: NARROW_FLOATS,
  LogSoftmax: NARROW_FLOATS,
  MatMul: FLOATS,
  // Products of 8-bit numbers with scales: none.
  MatMulIntegerToFloat: [],
  Max: [...FLOATS, ...INTEGERS],
  Min: [...FLOATS, "float64", ...INTEGERS],
  Mul: [...FLOATS, "float64", ...INTEGERS],
  Neg: [...FLOATS, ...INTEGERS],
  Not: ["bool"],
  Pad: [...NARROW_FLOATS, "bool"],
  QuantizeLinear: NARROW_FLOATS,
  QuickGelu: FLOATS,
  Range: ["float32", ...INTEGERS],
  Reciprocal: NARROW_FLOATS,
  ReduceMax: [...NARROW_FLOATS, ...INTEGERS],
  ReduceMean: [...NARROW_FLOATS, "int32"],
  ReduceMin: [...NARROW_FLOATS, ...INTEGERS, "int8", "uint8"],
  ReduceSum: [...FLOATS, ...INTEGERS],
  Reshape: ANY,
  RotaryEmbedding: FLOATS,
  ScatterElements: ANY,
  Shape: ANY,
  Sigmoid: FLOATS,
  SimplifiedLayerNormalization: FLOATS,
  Sin: NARROW_FLOATS,
  Slice: ANY,
  Softmax: FLOATS,
  Softplus: ["float32", "float16", "float64"],
  Split: ANY,
  Sqrt: [...FLOATS, "float64"],
  Sub: [...FLOATS, "float64", ...INTEGERS],
  Tanh: FLOATS,
  TopK: [...NARROW_FLOATS, ...INTEGERS],
  Transpose: ANY,
  Where: [...FLOATS, "float64", ...INTEGERS, "uint8"],
};
