/** The small file beside a downloaded model's others that says where they are from. */
import { join } from "node:path";
import { readBounded } from "../formats/read_bounded.ts";
import { isRecord, parseJson } from "../formats/strict_json.ts";

/** Where a model comes from. */
export interface HubSource {
  hub_id: string;
  revision: string;
  commit: string;
}

export const HUB_RECORD = ".hub.json";
const MAX_RECORD_BYTES = 100_000;

/** Where the model in `folder` is from; null for one that was not downloaded. @throws {UserError} `damaged_model` */
export async function readHubRecord(folder: string): Promise<HubSource | null> {
  const bytes = await readBounded(join(folder, HUB_RECORD), HUB_RECORD, MAX_RECORD_BYTES);
  const record = bytes && parseJson(bytes, HUB_RECORD);
  if (!isRecord(record)) return null;
  const { hub_id, revision, commit } = record;
  const isSource = [hub_id, revision, commit].every((value) => typeof value === "string");
  return isSource ? { hub_id, revision, commit } as HubSource : null;
}
