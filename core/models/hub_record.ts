/** The small file beside a downloaded model's others that says where they are from. */
import { join } from "node:path";
import { type HubSource, hubSourceSchema } from "../contract/model.ts";
import { readBounded } from "../formats/read_bounded.ts";
import { parseJson } from "../formats/strict_json.ts";

export const HUB_RECORD = ".hub.json";
const MAX_RECORD_BYTES = 100_000;

/** Where the model in `folder` is from; null for one that was not downloaded. @throws {UserError} `damaged_model` */
export async function readHubRecord(folder: string): Promise<HubSource | null> {
  const bytes = await readBounded(join(folder, HUB_RECORD), HUB_RECORD, MAX_RECORD_BYTES);
  const record = bytes && parseJson(bytes, HUB_RECORD);
  return hubSourceSchema.safeParse(record).data ?? null;
}
