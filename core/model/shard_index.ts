/** `model.safetensors.index.json`: which file of a sharded model holds which tensor. */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { readBounded } from "./read_bounded.ts";
import { MAX_TENSORS } from "./safetensors_header.ts";
import { isRecord, parseStrictJson, quote } from "./strict_json.ts";

const INDEX_FILE = "model.safetensors.index.json";
const MAX_INDEX_BYTES = 32_000_000;
/** All are open at once while weights are read. */
const MAX_SHARDS = 500;

/**
 * Tensor name → file name, or null when the folder has no index.
 * @throws {UserError} `damaged_model` when the index is wrong or names a file outside the folder
 */
export async function readShardIndex(folder: string): Promise<Map<string, string> | null> {
  const json = await readBounded(join(folder, INDEX_FILE), INDEX_FILE, MAX_INDEX_BYTES);
  if (json === null) return null;
  const parsed = parseStrictJson(json, INDEX_FILE);
  const weightMap = isRecord(parsed) ? parsed.weight_map : undefined;
  if (!isRecord(weightMap) || Object.keys(weightMap).length === 0) {
    throw new UserError("damaged_model", `${INDEX_FILE} has no weight_map of tensor names to files`);
  }
  const places = Object.entries(weightMap);
  for (
    const [what, count, most] of [["tensors", places.length, MAX_TENSORS], [
      "files",
      new Set(Object.values(weightMap)).size,
      MAX_SHARDS,
    ]] as const
  ) {
    if (count > most) {
      throw new UserError(
        "damaged_model",
        `${INDEX_FILE} names ${count} ${what}: at most ${most} are read`,
      );
    }
  }
  for (const [name, shard] of places) {
    if (typeof shard !== "string" || !/^[\w-][\w.-]*\.safetensors$/.test(shard)) {
      throw new UserError(
        "damaged_model",
        `${INDEX_FILE} places tensor ${quote(name)} in ${
          quote(shard)
        }: a .safetensors file of the same folder is wanted`,
      );
    }
  }
  return new Map(places as [string, string][]);
}
