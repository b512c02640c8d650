/** Whether the ids of one model folder are those of another. */
import { join } from "node:path";
import { readBounded } from "../formats/read_bounded.ts";
import { MAX_TOKENIZER_BYTES } from "./tokenizer_files.ts";

/** Whether two model folders have the same tokenizer, byte for byte, or neither has one: their ids mean the same. */
export async function sameTokenizer(folder: string, other: string): Promise<boolean> {
  const read = (path: string) =>
    readBounded(join(path, "tokenizer.json"), "tokenizer.json", MAX_TOKENIZER_BYTES);
  const [a, b] = await Promise.all([read(folder), read(other)]);
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
