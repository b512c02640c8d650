/** The graph with ops that read as math: `g.mul(x, 0.5)`, `g.matmul(x, w, { transB: true })`. */
import { type Dtype, isFloat } from "../onnx/dtypes.ts";
import type { OpName } from "../ops/table.ts";
import { Graph } from "./graph.ts";
import { type Dim, dimProduct, normalizeAxis, sameShape, type Value } from "./value.ts";

/** A value, or a number that becomes a scalar of what it meets, else of float32. */
export type Operand = Value | number;

type Binary = Extract<
  OpName,
  | "Add"
  | "Sub"
  | "Mul"
  | "Div"
  | "Min"
  | "Max"
  | "Less"
  | "LessOrEqual"
  | "Greater"
  | "GreaterOrEqual"
  | "Equal"
  | "And"
>;
type Unary = Extract<
  OpName,
  | "Neg"
  | "Abs"
  | "Exp"
  | "Log"
  | "Sqrt"
  | "Reciprocal"
  | "Floor"
  | "Sigmoid"
  | "Softplus"
  | "Tanh"
  | "Sin"
  | "Cos"
  | "QuickGelu"
  | "Gelu"
  | "Not"
>;

export class Builder extends Graph {
  readonly #shapes = new Map<string, Value>();

  #unary(op: Unary, x: Operand): Value {
    return this.op(op, [this.value(x)], {})[0]!;
  }

  #binary(op: Binary, a: Operand, b: Operand): Value {
    return this.op(op, [this.value(a, b), this.value(b, a)], {})[0]!;
  }

  /** The operand as a value; a number is of the dtype of `beside`. */
  value(operand: Operand, beside: Operand = 0): Value {
    if (typeof operand !== "number") return operand;
    return this.scalar(
      operand,
      typeof beside !== "number" && isFloat(beside.dtype) ? beside.dtype : "float32",
    );
  }

  neg = (x: Operand) => this.#unary("Neg", x);
  abs = (x: Operand) => this.#unary("Abs", x);
  exp = (x: Operand) => this.#unary("Exp", x);
  log = (x: Operand) => this.#unary("Log", x);
  sqrt = (x: Operand) => this.#unary("Sqrt", x);
  reciprocal = (x: Operand) => this.#unary("Reciprocal", x);
  floor = (x: Operand) => this.#unary("Floor", x);
  sigmoid = (x: Operand) => this.#unary("Sigmoid", x);
  softplus = (x: Operand) => this.#unary("Softplus", x);
  tanh = (x: Operand) => this.#unary("Tanh", x);
  sin = (x: Operand) => this.#unary("Sin", x);
  cos = (x: Operand) => this.#unary("Cos", x);
  silu = (x: Operand) => this.#unary("QuickGelu", x);
  gelu = (x: Operand) => this.#unary("Gelu", x);
  not = (x: Operand) => this.#unary("Not", x);

  add = (a: Operand, b: Operand) => this.#binary("Add", a, b);
  sub = (a: Operand, b: Operand) => this.#binary("Sub", a, b);
  mul = (a: Operand, b: Operand) => this.#binary("Mul", a, b);
  div = (a: Operand, b: Operand) => this.#binary("Div", a, b);
  min = (a: Operand, b: Operand) => this.#binary("Min", a, b);
  max = (a: Operand, b: Operand) => this.#binary("Max", a, b);
  less = (a: Operand, b: Operand) => this.#binary("Less", a, b);
  lessOrEqual = (a: Operand, b: Operand) => this.#binary("LessOrEqual", a, b);
  greater = (a: Operand, b: Operand) => this.#binary("Greater", a, b);
  greaterOrEqual = (a: Operand, b: Operand) => this.#binary("GreaterOrEqual", a, b);
  equal = (a: Operand, b: Operand) => this.#binary("Equal", a, b);
  and = (a: Operand, b: Operand) => this.#binary("And", a, b);

  where(condition: Value, a: Operand, b: Operand): Value {
    return this.op("Where", [condition, this.value(a, b), this.value(b, a)], {})[0]!;
  }

  clip(x: Value, low: Operand, high: Operand): Value {
    return this.op("Clip", [x, this.value(low, x), this.value(high, x)], {})[0]!;
  }

  cast(x: Value, to: Dtype): Value {
    return x.dtype === to ? x : this.op("Cast", [x], { to })[0]!;
  }

  /** α·op(a)·op(b), with either operand transposed in its last two axes. */
  matmul(a: Value, b: Value, { transA = false, transB = false, alpha = 1 } = {}): Value {
    return !transA && !transB && alpha === 1
      ? this.op("MatMul", [a, b], {})[0]!
      : this.op("FusedMatMul", [a, b], { transA, transB, alpha })[0]!;
  }

  softmax = (x: Value): Value => this.op("Softmax", [x], {})[0]!;
  logSoftmax = (x: Value): Value => this.op("LogSoftmax", [x], {})[0]!;

  /** The weight may be float32 beside half precision, here and below. */
  rmsNorm(x: Value, weight: Value, epsilon: number): Value {
    return this.op("SimplifiedLayerNormalization", [x, this.cast(weight, x.dtype)], { epsilon })[0]!;
  }

  layerNorm(x: Value, weight: Value, bias: Value, epsilon: number): Value {
    const [w, b] = [weight, bias].map((part) => this.cast(part, x.dtype));
    return this.op("LayerNormalization", [x, w!, b!], { epsilon })[0]!;
  }

  reduceSum(x: Value, axes: readonly number[], keepdims: boolean): Value {
    return this.op("ReduceSum", [x, this.ints(axes)], { axes, keepdims })[0]!;
  }

  reduceMean(x: Value, axes: readonly number[], keepdims: boolean): Value {
    return this.op("ReduceMean", [x, this.ints(axes)], { axes, keepdims })[0]!;
  }

  reduceMax(x: Value, axes: readonly number[], keepdims: boolean): Value {
    return this.op("ReduceMax", [x, this.ints(axes)], { axes, keepdims })[0]!;
  }

  reduceMin(x: Value, axes: readonly number[], keepdims: boolean): Value {
    return this.op("ReduceMin", [x, this.ints(axes)], { axes, keepdims })[0]!;
  }

  argMax(x: Value, axis: number, keepdims: boolean): Value {
    return this.op("ArgMax", [x], { axis, keepdims })[0]!;
  }

  cumSum(x: Value, axis: number): Value {
    return this.op("CumSum", [x, this.constant("int64", [], BigInt64Array.of(BigInt(axis)))], { axis })[0]!;
  }

  /** The `k` (i64 [1]) largest of the last axis, sorted, and their indices; `size` names k in the output shape. */
  topK(x: Value, k: Value, size: Dim): Value[] {
    return this.op("TopK", [x, k], { axis: -1, size });
  }

  gather(x: Value, indices: Value, axis: number): Value {
    return this.op("Gather", [x, indices], { axis })[0]!;
  }

  gatherElements(x: Value, indices: Value, axis: number): Value {
    return this.op("GatherElements", [x, indices], { axis })[0]!;
  }

  scatterElements(x: Value, indices: Value, updates: Value, axis: number, reduction: "none" | "add"): Value {
    return this.op("ScatterElements", [x, indices, updates], { axis, reduction })[0]!;
  }

  /** Distinct rows of a matrix. */
  pickRows(x: Value, rows: Value): Value {
    return this.op("PickRows", [x, rows], {})[0]!;
  }

  reshape(x: Value, shape: readonly Dim[]): Value {
    if (sameShape(x.shape, shape)) return x;
    return this.op("Reshape", [x, this.#reshapeTarget(x.shape, shape)], { shape })[0]!;
  }

  expand(x: Value, shape: readonly Dim[]): Value {
    return sameShape(x.shape, shape) ? x : this.op("Expand", [x, this.shape(shape)], { shape })[0]!;
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.op("Transpose", [x], { perm })[0]!;
  }

  /** `size` is the length of the axis in the output. */
  concat(parts: readonly Value[], axis: number, size: Dim): Value {
    return this.op("Concat", parts, { axis, size })[0]!;
  }

  split(x: Value, axis: number, sizes: readonly Dim[]): Value[] {
    return this.op("Split", [x, this.shape(sizes)], { axis, sizes });
  }

  slice(x: Value, axis: number, start: number, size: number): Value {
    const bounds = [this.ints([start]), this.ints([start + size]), this.ints([axis])];
    return this.op("Slice", [x, ...bounds], { axis, start, size })[0]!;
  }

  /** From `start` to before `end`, i64 [1] each, where these are known at run time only: `size` of them. No gradient. */
  between(x: Value, axis: number, start: Value, end: Value, size: Dim): Value {
    return this.op("Slice", [x, start, end, this.ints([axis])], { axis, start: null, size })[0]!;
  }

  pad(x: Value, axis: number, before: number, after: number): Value {
    const rank = x.shape.length;
    const at = normalizeAxis(axis, rank);
    const pads = new Array<number>(2 * rank).fill(0);
    [pads[at], pads[at + rank]] = [before, after];
    const size = Number(x.shape[at]) + before + after;
    return this.op("Pad", [x, this.ints(pads)], { axis, before, after, size })[0]!;
  }

  /** 0, 1, … size−1 as int64. */
  range(size: Dim): Value {
    const scalar = (value: number) => this.constant("int64", [], BigInt64Array.of(BigInt(value)));
    return this.op("Range", [scalar(0), this.reshape(this.dim(size), []), scalar(1)], { size })[0]!;
  }

  zeros(shape: readonly Dim[], dtype: Dtype = "float32"): Value {
    return this.cast(this.op("ConstantOfShape", [this.shape(shape)], { shape })[0]!, dtype);
  }

  /** The run-time value of a shape, i64 [rank]. */
  shape(shape: readonly Dim[]): Value {
    if (shape.every((dim) => typeof dim === "number")) return this.ints(shape as number[]);
    const key = shape.join();
    const known = this.#shapes.get(key);
    if (known) return known;
    const value = this.concat(shape.map((dim) => this.dim(dim)), 0, shape.length);
    this.#shapes.set(key, value);
    return value;
  }

  /** How many elements a value has. */
  sizeOf(x: Value): Dim {
    return dimProduct(x.shape);
  }

  /** Number of elements along `axes`, float32 []. */
  elementCount(x: Value, axes: readonly number[]): Value {
    const count = dimProduct(axes.map((axis) => x.shape[normalizeAxis(axis, x.shape.length)]!));
    return typeof count === "number"
      ? this.scalar(count)
      : this.reshape(this.cast(this.dim(count), "float32"), []);
  }

  /** A constant target where one −1 and zeros (copy this axis) can say it, else one computed at run time. */
  #reshapeTarget(from: readonly Dim[], to: readonly Dim[]): Value {
    const target = to.map((dim, axis) => typeof dim === "number" ? dim : dim === from[axis] ? 0 : -1);
    return target.filter((dim) => dim === -1).length <= 1 ? this.ints(target) : this.shape(to);
  }
}
