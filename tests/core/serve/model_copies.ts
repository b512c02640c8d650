/** Fixture folders copied to where a test may damage them. */
import { join } from "node:path";
import { openSafetensors } from "../../../core/formats/safetensors.ts";
import { writeSafetensors } from "../../../core/formats/write_safetensors.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";

/** Copies the model files of a fixture to `folder`, without those named. */
export async function copyModel(
  name: string,
  folder: string,
  without: readonly string[] = [],
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  for await (const { name: file, isFile } of Deno.readDir(fixtureFolder(name))) {
    if (isFile && !file.startsWith("expected") && !without.includes(file)) {
      await Deno.copyFile(join(fixtureFolder(name), file), join(folder, file));
    }
  }
  return folder;
}

/** Changes keys of a folder's config.json. */
export async function editConfig(folder: string, changes: Record<string, unknown>): Promise<void> {
  const path = join(folder, "config.json");
  const config = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...config, ...changes }));
}

/** Rewrites a folder's weights with one tensor left out, or cut to its first rows. */
export async function editWeights(
  folder: string,
  name: string,
  change: "drop" | { rows: number },
): Promise<void> {
  const source = await openSafetensors(folder);
  const tensors: Parameters<typeof writeSafetensors>[1] = {};
  for (const key of source.names()) {
    if (key === name && change === "drop") continue;
    const shape = source.info(key).shape;
    const data = await source.readFloat32(key);
    const rows = key === name && change !== "drop" ? change.rows : shape[0]!;
    tensors[key] = {
      dtype: "F32",
      shape: [rows, ...shape.slice(1)],
      data: data.slice(0, data.length / shape[0]! * rows),
    };
  }
  source.close();
  await writeSafetensors(join(folder, "model.safetensors"), tensors, { format: "pt" });
}
