/** Model folders whose weights a test changes. */
import { join } from "node:path";
import { openSafetensors } from "../../../core/formats/safetensors.ts";
import { type TensorToWrite, writeSafetensors } from "../../../core/formats/write_safetensors.ts";
import { newVersion } from "../formats/new_version.ts";

/** Replaces a folder's weights by what `change` makes of them. */
export async function rewriteWeights(
  folder: string,
  change: (tensors: Record<string, TensorToWrite>) => Record<string, TensorToWrite>,
): Promise<void> {
  const source = await openSafetensors(folder);
  const tensors: Record<string, TensorToWrite> = {};
  for (const name of source.names()) {
    tensors[name] = { dtype: "F32", shape: source.info(name).shape, data: await source.readFloat32(name) };
  }
  source.close();
  const file = join(folder, "model.safetensors");
  const changed = change(tensors);
  await newVersion(file, () => writeSafetensors(file, changed, { format: "pt" }));
}
