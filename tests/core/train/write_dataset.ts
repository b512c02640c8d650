/** A dataset's folder as the engine gets it, made of rows. */
import { join } from "node:path";
import { RowWriter } from "../../../core/formats/row_store.ts";

/** Writes the rows as `name` below `parent`. */
export async function writeDataset(
  parent: string,
  rows: readonly Record<string, unknown>[],
  name = "dataset",
): Promise<string> {
  const folder = join(parent, name);
  await Deno.mkdir(folder);
  using writer = new RowWriter(folder);
  for (const row of rows) writer.write(new TextEncoder().encode(JSON.stringify(row)));
  writer.finish([...new Set(rows.flatMap((row) => Object.keys(row)))]);
  return folder;
}
