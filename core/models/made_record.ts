/** The small file beside the files of a model that was made here: what it was made of. */
import { join } from "node:path";
import { type MadeModel, madeModelSchema } from "../contract/model.ts";
import { readBounded } from "../formats/read_bounded.ts";
import { parseJson } from "../formats/strict_json.ts";

export const MADE_RECORD = ".made.json";
const MAX_RECORD_BYTES = 100_000;

/** What the model in `folder` was made of; null for one that was not made here. @throws {UserError} `damaged_model` */
export async function readMadeRecord(folder: string): Promise<MadeModel | null> {
  const bytes = await readBounded(join(folder, MADE_RECORD), MADE_RECORD, MAX_RECORD_BYTES);
  const record = bytes && parseJson(bytes, MADE_RECORD);
  return madeModelSchema.safeParse(record).data ?? null;
}
