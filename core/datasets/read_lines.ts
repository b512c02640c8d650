/** Pages of a dataset's rows for people. */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { OFFSETS_FILE, ROWS_FILE } from "../formats/row_store.ts";

/** A page has no more, but one row, however large that is. */
const MAX_BYTES = 4 * 1024 * 1024;
const BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * Rows `from` to below `to` as they are on their lines, or the first of them where they are large.
 *
 * @throws {UserError} `damaged_data`
 */
export async function readLines(folder: string, from: number, to: number): Promise<string[]> {
  if (to <= from) return [];
  try {
    const marks = new Float64Array(
      (await readAt(join(folder, OFFSETS_FILE), from * BYTES, (to + 1) * BYTES)).buffer,
    );
    let count = 1;
    while (count < to - from && marks[count + 1]! - marks[0]! <= MAX_BYTES) count++;
    const bytes = await readAt(join(folder, ROWS_FILE), marks[0]!, marks[count]!);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const lines = text.slice(0, -1).split("\n");
    if (lines.length !== count || !text.endsWith("\n")) {
      throw new RangeError("The offsets are another file's");
    }
    return lines;
  } catch (cause) {
    throw new UserError("damaged_data", "The dataset's files are damaged or gone", [], { cause });
  }
}

async function readAt(path: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path);
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(to - from);
  for (let at = 0; at < bytes.length;) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) throw new RangeError("The file ends too early");
    at += count;
  }
  return bytes;
}
