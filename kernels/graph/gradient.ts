/**
 * Reverse-mode differentiation over a graph's tape. Names no op: it orders, looks rules up, checks their arity,
 * sums broadcast gradients back to their operand's shape, and adds what meets at a value.
 */
import { isFloat } from "../onnx/dtypes.ts";
import type { OpRow, VjpContext } from "../ops/op_row.ts";
import { type OpAttrs, type OpName, OPS } from "../ops/table.ts";
import type { Builder } from "./builder.ts";
import type { TapeEntry } from "./graph.ts";
import { sameShape, type Value } from "./value.ts";

/**
 * What the backward pass recomputes instead of keeping it from the forward pass. `selective`: what the op table calls
 * cheap (norms, activations, layouts). `full`: everything but the values marked by `checkpoint`, except after the
 * last but one of them, where the backward pass begins at once. A session must not merge equal nodes then.
 */
export type Recompute = "none" | "selective" | "full";

/**
 * Adds to `g` the gradients of scalar `loss` for each of `wrt`, in order. Throws a RangeError naming the op and
 * its path when a value on the way has no gradient rule, or when the loss does not depend on one of `wrt`.
 */
export function gradients(
  g: Builder,
  loss: Value,
  wrt: readonly Value[],
  recompute: Recompute = "none",
): Value[] {
  if (loss.shape.length !== 0) {
    throw new RangeError(`The loss must be a scalar: its shape is [${loss.shape}]`);
  }
  const active = new Set<Value>(wrt);
  const tape = g.tape.filter((entry) => {
    const reached = entry.inputs.some((input) => active.has(input));
    if (reached) entry.outputs.forEach((output) => active.add(output));
    return reached;
  });
  const again = recomputation(g, tape, recompute);
  const grads = new Map<Value, Value>([[loss, g.scalar(1)]]);
  for (const entry of tape.toReversed()) {
    const outputGrads = entry.outputs.map((output) => grads.get(output) ?? null);
    if (outputGrads.every((grad) => grad === null)) continue;
    const wants = entry.inputs.map((input) => active.has(input) && isFloat(input.dtype));
    if (!wants.includes(true)) continue;
    const rule = (OPS[entry.op] as unknown as OpRow<OpAttrs[OpName]>).vjp;
    if (rule === "none") throw new RangeError(`No gradient flows through ${entry.op} at ${entry.path}`);
    const context: VjpContext<OpAttrs[OpName]> = {
      g,
      inputs: entry.inputs.map(again),
      outputs: entry.outputs.map(again),
      grads: outputGrads,
      attrs: entry.attrs,
      wants,
    };
    const inputGrads = g.scope(`gradient.${entry.path}`, () => rule(context));
    if (inputGrads.length > entry.inputs.length) {
      throw new RangeError(
        `The gradient rule of ${entry.op} gave ${inputGrads.length} gradients for ${entry.inputs.length} inputs`,
      );
    }
    inputGrads.forEach((grad, index) => {
      if (!grad || !wants[index]) return;
      const input = entry.inputs[index]!;
      const summed = unbroadcast(g, grad, input);
      const before = grads.get(input);
      grads.set(input, before ? g.add(before, summed) : summed);
    });
  }
  return wrt.map((value) => {
    const grad = grads.get(value);
    if (!grad) throw new RangeError(`The loss does not depend on ${value.name}`);
    return grad;
  });
}

/** What stands for a value in the backward pass: itself, or what makes it once more from the values that are kept. */
function recomputation(
  g: Builder,
  tape: readonly TapeEntry[],
  recompute: Recompute,
): (value: Value) => Value {
  const made = new Map<Value, Value>();
  const makers = new Map<Value, TapeEntry>();
  const checkpoints = [...g.checkpoints];
  const last = tape.findLastIndex(({ outputs }) => outputs.includes(checkpoints.at(-2)!));
  tape.forEach((entry, index) => {
    const chosen = {
      none: false,
      selective: (OPS[entry.op] as unknown as OpRow<OpAttrs[OpName]>).cheap ?? false,
      full: index <= last,
    }[recompute];
    if (chosen) entry.outputs.forEach((output) => makers.set(output, entry));
  });
  for (const checkpoint of checkpoints) makers.delete(checkpoint);
  return function again(value: Value): Value {
    const entry = makers.get(value);
    if (!entry) return value;
    const known = made.get(value);
    if (known) return known;
    const inputs = entry.inputs.map(again);
    const outputs = g.scope(`again.${entry.path}`, () => g.op(entry.op, inputs, entry.attrs));
    entry.outputs.forEach((output, index) => made.set(output, outputs[index]!));
    return made.get(value)!;
  };
}

/** Sums a gradient over the axes along which its operand was broadcast. */
function unbroadcast(g: Builder, grad: Value, operand: Value): Value {
  if (sameShape(grad.shape, operand.shape)) return grad;
  const lead = grad.shape.length - operand.shape.length;
  if (lead < 0) return g.expand(grad, operand.shape);
  const axes = grad.shape.flatMap((dim, axis) =>
    axis < lead || operand.shape[axis - lead] !== dim ? [axis] : []
  );
  return g.reshape(g.reduceSum(grad, axes, false), operand.shape);
}
