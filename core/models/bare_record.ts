/** The small file beside the files of a model that was made here: what it was made of. */
import { join } from "node:path";
import { type BareModel, bareModelSchema } from "../contract/model.ts";
import { readBounded } from "../formats/read_bounded.ts";
import { parseJson } from "../formats/strict_json.ts";

export const BARE_RECORD = ".bare.json";
const MAX_RECORD_BYTES = 100_000;

/** What the model in `folder` was made of; null for one that was not made here. @throws {UserError} `damaged_model` */
export async function readBareRecord(folder: string): Promise<BareModel | null> {
  const bytes = await readBounded(join(folder, BARE_RECORD), BARE_RECORD, MAX_RECORD_BYTES);
  const record = bytes && parseJson(bytes, BARE_RECORD);
  return bareModelSchema.safeParse(record).data ?? null;
}
