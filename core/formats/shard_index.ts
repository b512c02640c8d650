/**
 * `model.safetensors.index.json`: which files a sharded model's tensors are in. It also says which is in which, and
 * transformers does not ask: all that its files hold is the model, so an index may leave a tensor out or name one that is
 * in none, as some tools' do of tied heads.
 */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { WEIGHTS_INDEX_FILE } from "./model_files.ts";
import { refusePickle } from "./pickles.ts";
import { readBounded } from "./read_bounded.ts";
import { MAX_TENSORS } from "./safetensors_header.ts";
import { isRecord, parseJson, quote } from "./strict_json.ts";

const MAX_INDEX_BYTES = 32_000_000;
/** All are open at once while weights are read. */
const MAX_SHARDS = 500;

/**
 * The names of the files, in the order in which they are read; null when the folder has no index.
 * @throws {UserError} `damaged_model` when the index is wrong or names a file outside the folder, `unsupported_model`
 * when it names a pickle
 */
export async function readShardNames(folder: string): Promise<string[] | null> {
  const json = await readBounded(join(folder, WEIGHTS_INDEX_FILE), WEIGHTS_INDEX_FILE, MAX_INDEX_BYTES);
  if (json === null) return null;
  const parsed = parseJson(json, WEIGHTS_INDEX_FILE);
  const weightMap = isRecord(parsed) ? parsed.weight_map : undefined;
  if (!isRecord(weightMap) || Object.keys(weightMap).length === 0) {
    throw new UserError("damaged_model", `${WEIGHTS_INDEX_FILE} has no weight_map of tensor names to files`);
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
        `${WEIGHTS_INDEX_FILE} names ${count} ${what}: at most ${most} are read`,
      );
    }
  }
  for (const [name, shard] of places) {
    if (typeof shard === "string") refusePickle(shard, "safetensors");
    if (typeof shard !== "string" || !/^[\w-][\w.-]*\.safetensors$/.test(shard)) {
      throw new UserError(
        "damaged_model",
        `Expected a .safetensors file of the same folder for tensor ${
          quote(name)
        } in ${WEIGHTS_INDEX_FILE}, got ${quote(shard)}`,
      );
    }
  }
  return [...new Set(Object.values(weightMap) as string[])].sort();
}
