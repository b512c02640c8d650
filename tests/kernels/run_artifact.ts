/** Runs finished graphs on the real runtime: plain arrays in, plain arrays out. */
import { inexactInt8 } from "../../core/weights/int8_products.ts";
import type { Place } from "../../core/ort/memory.ts";
import { Runtime } from "../../core/ort/runtime.ts";
import type { Session } from "../../core/ort/session.ts";
import { Tensor } from "../../core/ort/tensor.ts";
import type { Artifact } from "../../kernels/graph/artifact.ts";
import { DTYPES, type DtypeView } from "../../kernels/onnx/dtypes.ts";

/**
 * One runtime for a whole test file: on the CPU, or where TEST_DEVICE says (`allocated`, `cuda:0`), so that every test of
 * graphs and models can be run there. With INEXACT_INT8=int8 it multiplies int8 as on a CPU without VNNI.
 */
export const runtime = Runtime.open({
  threads: 2,
  device: (Deno.env.get("TEST_DEVICE") ?? "cpu") as Place,
  inexactInt8: inexactInt8(Deno.env.get("INEXACT_INT8")),
});

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

/** Arrays as tensors of the declared dtypes. Throws for one that is not given. */
function tensors(
  declared: Artifact["inputs"],
  given: Readonly<Record<string, Array_>>,
): Record<string, Tensor> {
  return Object.fromEntries(declared.map(({ name, dtype }) => {
    const array = given[name];
    if (!array) throw new Error(`The test gives no '${name}'`);
    return [name, Tensor.onHost(runtime, dtype, [...array.dims], typed(dtype, array.data))];
  }));
}

/** A session of `artifact` over the weights among `given`. */
export function openSession(artifact: Artifact, given: Readonly<Record<string, Array_>>): Promise<Session> {
  return runtime.createSession(artifact.bytes, { initializers: tensors(artifact.weights, given) });
}

/** Runs a session of `artifact` on the inputs among `given` and gives every output. */
export async function runSession(
  session: Session,
  artifact: Artifact,
  given: Readonly<Record<string, Array_>>,
): Promise<Record<string, Result>> {
  const outputs = await session.run(tensors(artifact.inputs, given));
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, {
      dtype: tensor.dtype,
      dims: tensor.dims,
      data: Array.from(tensor.data as ArrayLike<number | bigint>, Number),
    }]),
  );
}

/** Runs `artifact` once on `given` (inputs and weights by name) and gives every output. */
export async function runArtifact(
  artifact: Artifact,
  given: Readonly<Record<string, Array_>>,
): Promise<Record<string, Result>> {
  using session = await openSession(artifact, given);
  return await runSession(session, artifact, given);
}
