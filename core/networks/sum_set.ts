/** Gradients of several processes, added up. */
import type { Replicas } from "../replicas/replicas.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";

/** Adds the sets of all processes, value by value; each ends with the same bits. */
export async function sumSet({ flat }: ParameterSet, replicas: Replicas): Promise<void> {
  const values = flat.read() as Float32Array<ArrayBuffer>; // on the CPU those of the set itself
  await replicas.sum(values);
  flat.write(values);
}
