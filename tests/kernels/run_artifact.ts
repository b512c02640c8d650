/** Runs a finished graph once on the real runtime: plain arrays in, plain arrays out. */
import { Runtime } from "../../core/ort/runtime.ts";
import { Tensor } from "../../core/ort/tensor.ts";
import type { Artifact } from "../../kernels/graph/graph.ts";
import { DTYPES, type DtypeView } from "../../kernels/onnx/dtypes.ts";

/** One runtime for a whole test file. */
export const runtime = Runtime.open({ threads: 2 });

export interface Array_ {
  dims: readonly number[];
  data: ArrayLike<number> | ArrayLike<bigint>;
}

export interface Result {
  dtype: string;
  dims: readonly number[];
  data: number[];
}

/** Typed data for a dtype from any array of numbers. */
export function typed(dtype: keyof typeof DTYPES, data: ArrayLike<number> | ArrayLike<bigint>): DtypeView {
  if (dtype === "int64") return BigInt64Array.from(Array.from(data as ArrayLike<number>, (x) => BigInt(x)));
  return DTYPES[dtype].view.from(Array.from(data as ArrayLike<number>, Number));
}

/** A number as an input: rank 0. */
export function scalar(value: number): Array_ {
  return { dims: [], data: [value] };
}

/** An array of rank 1. */
export function vector(data: ArrayLike<number>): Array_ {
  return { dims: [data.length], data };
}

/**
 * Runs `artifact` on `inputs` (by name; weights too) and gives every output.
 */
export async function runArtifact(
  artifact: Artifact,
  inputs: Readonly<Record<string, Array_>>,
): Promise<Record<string, Result>> {
  const tensors = (declared: Artifact["inputs"]) =>
    Object.fromEntries(declared.map(({ name, dtype }) => {
      const given = inputs[name];
      if (!given) throw new Error(`The test gives no '${name}'`);
      return [name, Tensor.from(runtime, dtype, [...given.dims], typed(dtype, given.data))];
    }));
  const session = await runtime.createSession(artifact.bytes, { initializers: tensors(artifact.weights) });
  try {
    const outputs = await session.run(tensors(artifact.inputs));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, {
        dtype: tensor.dtype,
        dims: tensor.dims,
        data: Array.from(tensor.data as ArrayLike<number | bigint>, Number),
      }]),
    );
  } finally {
    session.dispose();
  }
}
