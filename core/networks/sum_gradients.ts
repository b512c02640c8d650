/** The gradients of several processes, added up. */
import type { Replicas } from "../replicas/replicas.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Adds the gradients of all processes, value by value; each ends with the same bits.
 *
 * @param none this process had no rows: what its gradients hold is of before
 */
export async function sumGradients(
  { gradients }: Optimizer,
  replicas: Replicas,
  { none }: { none: boolean },
): Promise<void> {
  if (replicas.size === 1) return;
  if (none) gradients.clear();
  const values = gradients.flat.read() as Float32Array<ArrayBuffer>; // on the CPU those of the set itself
  await replicas.sum(values);
  gradients.flat.write(values);
}
