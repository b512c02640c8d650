/** Elementwise ops: one line each through makers for unary, broadcasting binary and comparing ops. */
import type { Builder } from "../graph/builder.ts";
import { broadcastShape, type Value } from "../graph/value.ts";
import { type Dtype, DTYPES, isFloat } from "../onnx/dtypes.ts";
import type { NoAttrs, OpRow, Sample, Vjp } from "./op_row.ts";

type Local = (g: Builder, x: Value, y: Value) => Value;

/** y = f(x); `local` is dy/dx from x and y. */
function unary(
  apply: (g: Builder, x: Value) => Value,
  local: Local,
  range: [number, number] = [-2, 2],
): OpRow<NoAttrs> {
  return {
    infer: ([x]) => [x!],
    vjp: ({ g, inputs: [x], outputs: [y], grads: [dy] }) => [g.mul(dy!, local(g, x!, y!))],
    samples: [{ inputs: [{ shape: [3, 4], range }], build: (g, x) => [apply(g, x!)] }],
  };
}

/** Every way two shapes broadcast: equal, scalar, trailing, leading, both sides. */
const BROADCASTS: readonly [number[], number[]][] = [[[2, 3], [2, 3]], [[2, 3], []], [[2, 3], [3]], [[3], [
  2,
  3,
]], [
  [2, 1, 3],
  [4, 1],
]];

function binarySamples(
  apply: (g: Builder, a: Value, b: Value) => Value,
  ranges: [[number, number], [number, number]],
  dtype?: Dtype,
): Sample[] {
  return BROADCASTS.map(([a, b]) => ({
    inputs: [{ shape: a, range: ranges[0], ...(dtype && { dtype }) }, {
      shape: b,
      range: ranges[1],
      ...(dtype && { dtype }),
    }],
    build: (g, x, y) => [apply(g, x!, y!)],
  }));
}

/** z = f(a, b) with NumPy broadcasting; the walk sums gradients back to each operand's shape. */
function binary(
  apply: (g: Builder, a: Value, b: Value) => Value,
  vjp: Vjp<NoAttrs>,
  ranges: [[number, number], [number, number]] = [[-2, 2], [-2, 2]],
): OpRow<NoAttrs> {
  return {
    infer: ([a, b]) => [{ dtype: a!.dtype, shape: broadcastShape(a!.shape, b!.shape) }],
    vjp,
    samples: binarySamples(apply, ranges),
  };
}

/** A test of two operands: bool out, no gradient. */
function comparison(apply: (g: Builder, a: Value, b: Value) => Value): OpRow<NoAttrs> {
  return {
    infer: ([a, b]) => [{ dtype: "bool", shape: broadcastShape(a!.shape, b!.shape) }],
    vjp: "none",
    samples: binarySamples(apply, [[-2, 2], [-2, 2]]),
  };
}

/** Gradient of the operand that is chosen where `condition` holds. */
function chosen(g: Builder, condition: Value, dy: Value): Value {
  return g.where(condition, dy, 0);
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

export interface ElementwiseAttrs {
  Neg: NoAttrs;
  Abs: NoAttrs;
  Exp: NoAttrs;
  Log: NoAttrs;
  Sqrt: NoAttrs;
  Reciprocal: NoAttrs;
  Floor: NoAttrs;
  Sigmoid: NoAttrs;
  Softplus: NoAttrs;
  Tanh: NoAttrs;
  Sin: NoAttrs;
  Cos: NoAttrs;
  QuickGelu: NoAttrs;
  Gelu: NoAttrs;
  Add: NoAttrs;
  Sub: NoAttrs;
  Mul: NoAttrs;
  Div: NoAttrs;
  Min: NoAttrs;
  Max: NoAttrs;
  Less: NoAttrs;
  LessOrEqual: NoAttrs;
  Greater: NoAttrs;
  GreaterOrEqual: NoAttrs;
  Equal: NoAttrs;
  And: NoAttrs;
  Not: NoAttrs;
  Where: NoAttrs;
  Clip: NoAttrs;
  Cast: { to: Dtype };
}

export const ELEMENTWISE: { [Name in keyof ElementwiseAttrs]: OpRow<ElementwiseAttrs[Name]> } = {
  Neg: {
    ...unary((g, x) => g.neg(x), (g) => g.scalar(-1)),
    vjp: ({ g, grads: [dy] }) => [g.neg(dy!)],
  },
  // d|x| = sign x; at 0 it is taken as 1
  Abs: unary((g, x) => g.abs(x), (g, x) => g.where(g.less(x, 0), -1, g.scalar(1)), [0.5, 3]),
  Exp: unary((g, x) => g.exp(x), (_g, _x, y) => y),
  // d log x = 1/x
  Log: unary((g, x) => g.log(x), (g, x) => g.reciprocal(x), [0.5, 3]),
  // d √x = 1/(2√x)
  Sqrt: unary((g, x) => g.sqrt(x), (g, _x, y) => g.mul(g.reciprocal(y), 0.5), [0.5, 3]),
  // d 1/x = −1/x²
  Reciprocal: unary((g, x) => g.reciprocal(x), (g, _x, y) => g.neg(g.mul(y, y)), [0.5, 3]),
  // A staircase, whose slope says nothing.
  Floor: {
    infer: ([x]) => [x!],
    vjp: "none",
    samples: [{ inputs: [{ shape: [3, 4], range: [-3, 3] }], build: (g, x) => [g.floor(x!)] }],
  },
  // dσ = σ(1 − σ)
  Sigmoid: unary((g, x) => g.sigmoid(x), (g, _x, y) => g.mul(y, g.sub(1, y))),
  // d log(1 + eˣ) = σ
  Softplus: unary((g, x) => g.softplus(x), (g, x) => g.sigmoid(x)),
  // d tanh = 1 − tanh²
  Tanh: unary((g, x) => g.tanh(x), (g, _x, y) => g.sub(1, g.mul(y, y))),
  Sin: unary((g, x) => g.sin(x), (g, x) => g.cos(x)),
  Cos: unary((g, x) => g.cos(x), (g, x) => g.neg(g.sin(x))),
  // QuickGelu with alpha 1 is SiLU: x·σ(x); its derivative is σ + y·(1 − σ)
  QuickGelu: {
    ...unary((g, x) => g.silu(x), (g, x, y) => {
      const s = g.sigmoid(x);
      return g.add(s, g.mul(y, g.sub(1, s)));
    }),
    domain: "com.microsoft",
    onnx: () => ({ alpha: { float: 1 } }),
    cheap: true,
  },
  // gelu_new: ½x(1 + tanh u) = x·σ(2u), 2u = x·q, q = 2√(2/π)(1 + .044715x²). Because d(x·q) = 3q − 4√(2/π), its
  // derivative is σ + y·(1 − σ)·(3q − 4√(2/π)): a third fewer passes over a wide array than by tanh.
  Gelu: {
    ...unary((g, x) => g.gelu(x), (g, x, y) => {
      const q = g.add(g.mul(g.mul(x, x), 2 * SQRT_2_OVER_PI * 0.044715), 2 * SQRT_2_OVER_PI);
      const s = g.sigmoid(g.mul(x, q));
      const inner = g.sub(g.mul(q, 3), 4 * SQRT_2_OVER_PI);
      return g.add(s, g.mul(g.mul(y, g.sub(1, s)), inner));
    }),
    onnx: () => ({ approximate: "tanh" }),
    cheap: true,
  },

  Add: binary((g, a, b) => g.add(a, b), ({ grads: [dy] }) => [dy!, dy!]),
  Sub: binary((g, a, b) => g.sub(a, b), ({ g, grads: [dy], wants }) => [dy!, wants[1] ? g.neg(dy!) : null]),
  Mul: binary((g, a, b) => g.mul(a, b), ({ g, inputs: [a, b], grads: [dy], wants }) => [
    wants[0] ? g.mul(dy!, b!) : null,
    wants[1] ? g.mul(dy!, a!) : null,
  ]),
  // d(a/b) = da/b − (a/b)·db/b
  Div: binary((g, a, b) => g.div(a, b), ({ g, inputs: [, b], outputs: [y], grads: [dy], wants }) => {
    const da = g.div(dy!, b!);
    return [wants[0] ? da : null, wants[1] ? g.neg(g.mul(da, y!)) : null];
  }, [[-2, 2], [0.5, 2]]),
  // A tie goes to the first operand, so the parts always sum to dy.
  Min: binary((g, a, b) => g.min(a, b), ({ g, inputs: [a, b], grads: [dy] }) => {
    const first = g.lessOrEqual(a!, b!);
    return [chosen(g, first, dy!), chosen(g, g.not(first), dy!)];
  }),
  Max: binary((g, a, b) => g.max(a, b), ({ g, inputs: [a, b], grads: [dy] }) => {
    const first = g.greaterOrEqual(a!, b!);
    return [chosen(g, first, dy!), chosen(g, g.not(first), dy!)];
  }),

  Less: comparison((g, a, b) => g.less(a, b)),
  LessOrEqual: comparison((g, a, b) => g.lessOrEqual(a, b)),
  Greater: comparison((g, a, b) => g.greater(a, b)),
  GreaterOrEqual: comparison((g, a, b) => g.greaterOrEqual(a, b)),
  Equal: comparison((g, a, b) => g.equal(a, b)),
  And: {
    infer: ([a, b]) => [{ dtype: "bool", shape: broadcastShape(a!.shape, b!.shape) }],
    vjp: "none",
    samples: binarySamples((g, a, b) => g.and(g.less(a, 0), g.less(b, 0)), [[-1, 1], [-1, 1]]),
  },
  Not: {
    infer: ([x]) => [x!],
    vjp: "none",
    samples: [{ inputs: [{ shape: [4] }], build: (g, x) => [g.not(g.less(x!, 0))] }],
  },

  Where: {
    infer: ([condition, a, b]) => [{
      dtype: a!.dtype,
      shape: broadcastShape(condition!.shape, broadcastShape(a!.shape, b!.shape)),
    }],
    vjp: ({ g, inputs: [condition], grads: [dy], wants }) => [
      null,
      wants[1] ? chosen(g, condition!, dy!) : null,
      wants[2] ? g.where(condition!, 0, dy!) : null,
    ],
    samples: BROADCASTS.map(([a, b]) => ({
      inputs: [{ shape: a }, { shape: b }],
      build: (g, x, y) => [g.where(g.greater(x!, 0.1), g.mul(x!, 2), y!)],
    })),
  },
  // The gradient passes inside and at the exact bounds.
  Clip: {
    infer: ([x]) => [x!],
    vjp: ({ g, inputs: [x, low, high], grads: [dy] }) => [
      chosen(g, g.and(g.greaterOrEqual(x!, low!), g.lessOrEqual(x!, high!)), dy!),
      null,
      null,
    ],
    samples: [{ inputs: [{ shape: [3, 5], range: [-2, 2] }], build: (g, x) => [g.clip(x!, -0.83, 1.21)] }],
  },
  Cast: {
    infer: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
    vjp: ({ g, inputs: [x], grads: [dy] }) => [isFloat(x!.dtype) ? g.cast(dy!, x!.dtype) : null],
    onnx: ({ to }) => ({ to: DTYPES[to].onnx }),
    samples: [
      { inputs: [{ shape: [2, 3], range: [0, 9] }], build: (g, x) => [g.cast(x!, "int64")] },
      // float16 steps of 2⁻¹¹ over the difference's 2⁻⁷
      {
        inputs: [{ shape: [2, 3] }],
        tolerance: 0.1,
        build: (g, x) => [g.cast(g.cast(x!, "float16"), "float32")],
      },
    ],
  },
};
