/** Small graphs for the tests of core/ort/, straight as messages; the graph builder has no part in them. */
import { type EncodableGraph, encodeModel } from "../../../kernels/onnx/encode.ts";

import type { Dtype } from "../../../kernels/onnx/dtypes.ts";

type Node = [op: string, inputs: string[], outputs: string[]];

const float = (name: string, shape: readonly (number | string)[]) => ({
  name,
  dtype: "float32" as const,
  shape,
});

function model(
  nodes: Node[],
  io: Pick<EncodableGraph, "inputs" | "outputs"> & Partial<EncodableGraph>,
): Uint8Array {
  return encodeModel({
    name: "test",
    constants: [],
    weights: [],
    ...io,
    nodes: nodes.map(([op, inputs, outputs], i) => ({
      name: `${op}_${i}`,
      op,
      domain: "",
      inputs,
      outputs,
      attributes: {},
    })),
  });
}

/** sum = a + b and difference = a − b, each (rows, 2). */
export function sumAndDifference(): Uint8Array {
  const shape = ["rows", 2];
  return model([["Add", ["a", "b"], ["sum"]], ["Sub", ["a", "b"], ["difference"]]], {
    inputs: [float("a", shape), float("b", shape)],
    outputs: [float("sum", shape), float("difference", shape)],
  });
}

/** y = x · weight, with x (rows, size) and the external weight (size, size). */
export function matmul(size: number): Uint8Array {
  return model([["MatMul", ["x", "weight"], ["y"]]], {
    inputs: [float("x", ["rows", size])],
    outputs: [float("y", ["rows", size])],
    weights: [float("weight", [size, size])],
  });
}

/** x multiplied `count` times by itself: a run as long as wanted, which can be stopped between two nodes. */
export function longRun(size: number, count: number): Uint8Array {
  const nodes = Array.from({ length: count }, (_, i): Node => ["MatMul", [`y${i}`, "x"], [`y${i + 1}`]]);
  return model([["Identity", ["x"], ["y0"]], ...nodes], {
    inputs: [float("x", [size, size])],
    outputs: [float(`y${count}`, [size, size])],
  });
}

/** next = count + step for int64 scalars, so one buffer can be input and output. */
export function counter(): Uint8Array {
  const int = (name: string) => ({ name, dtype: "int64" as const, shape: [] });
  return model([["Add", ["count", "step"], ["next"]]], {
    inputs: [int("count"), int("step")],
    outputs: [int("next")],
  });
}

/** y = x, of rank 3. */
export function identity(dtype: Dtype): Uint8Array {
  const value = (name: string) => ({ name, dtype, shape: ["i", "j", "k"] });
  return model([["Identity", ["x"], ["y"]]], { inputs: [value("x")], outputs: [value("y")] });
}

/** y = x + weight · weight, whose product can be computed while loading. */
export function scaled(): Uint8Array {
  return model([["Mul", ["weight", "weight"], ["square"]], ["Add", ["x", "square"], ["y"]]], {
    inputs: [float("x", [2])],
    outputs: [float("y", [2])],
    weights: [float("weight", [2])],
  });
}

/** y = x + x, with x itself as another output. */
export function passThrough(): Uint8Array {
  return model([["Add", ["x", "x"], ["y"]]], {
    inputs: [float("x", [2])],
    outputs: [float("x", [2]), float("y", [2])],
  });
}

/** y = x, repeated to the length that `shape` holds: as much memory as one asks for. */
export function expand(): Uint8Array {
  return model([["Expand", ["x", "shape"], ["y"]]], {
    inputs: [float("x", [1]), { name: "shape", dtype: "int64", shape: [1] }],
    outputs: [float("y", ["length"])],
  });
}
