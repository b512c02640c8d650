/** An optimizer's moments on disk, as a safetensors file: `m.` and `v.` before each parameter's name. */
import { damaged } from "../formats/checked_file.ts";
import { openSafetensorsFile } from "../formats/safetensors.ts";
import { streamSafetensors } from "../formats/write_safetensors.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";
import type { Optimizer } from "./optimizer.ts";

/** Both moments of each parameter, read when the file has come to it. */
export function momentsFile({ m, v }: Optimizer): AsyncIterable<Uint8Array> {
  const sets: Record<string, ParameterSet> = { m, v };
  const shapes = Object.entries(sets).flatMap(([kind, set]) =>
    set.names.map((name) => [`${kind}.${name}`, set.shape(name)] as const)
  );
  const read = (key: string) => Promise.resolve(sets[key[0]!]!.values(key.slice(2)));
  return streamSafetensors(Object.fromEntries(shapes), read);
}

/**
 * Sets the moments to what `momentsFile` wrote, and the number of steps taken.
 * @throws {UserError} `damaged_checkpoint` when the file is another network's
 */
export async function restoreMoments(path: string, optimizer: Optimizer, step: number): Promise<void> {
  await readInto(path, optimizer.m, "m.");
  await readInto(path, optimizer.v, "v.");
  optimizer.step = step;
}

/**
 * Sets each of `names` to the tensor of its name behind `prefix`.
 * @throws {UserError} `damaged_checkpoint` where there is none of its shape
 */
export async function readInto(
  path: string,
  parameters: ParameterSet,
  prefix: string,
  names: readonly string[] = parameters.names,
): Promise<void> {
  const source = await openSafetensorsFile(path);
  try {
    for (const name of names) {
      const key = prefix + name;
      if (!source.has(key) || source.info(key).shape.join() !== parameters.shape(name).join()) {
        throw damaged(`The checkpoint has no tensor ${key} of shape [${parameters.shape(name)}]`);
      }
      parameters.set(name, await source.readFloat32(key));
    }
  } finally {
    source.close();
  }
}
