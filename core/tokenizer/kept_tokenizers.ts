/**
 * Tokenizers of the folders that requests named last: a large vocabulary takes a second to read, and a request mostly
 * names the folder that the one before it did. A folder of which a file has changed is read again.
 */
import { folderVersion } from "../formats/file_version.ts";
import { loadTokenizer, type TextTokenizer } from "./tokenizer.ts";

/** A vocabulary of 150,000 entries takes some 100 MB. */
const KEPT = 2;
const TOKENIZER_FILES = /\.(json|jinja)$/;

const kept = new Map<string, Promise<TextTokenizer>>();

/** `loadTokenizer`, which nothing that has not changed is asked twice. */
export async function keptTokenizer(folder: string): Promise<TextTokenizer> {
  const key = `${folder}\n${await folderVersion(folder, TOKENIZER_FILES)}`;
  const tokenizer = kept.get(key) ?? loadTokenizer(folder);
  // The last one asked for is the last in the map.
  kept.delete(key);
  kept.set(key, tokenizer);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  try {
    return await tokenizer;
  } catch (thrown) {
    if (kept.get(key) === tokenizer) kept.delete(key);
    throw thrown;
  }
}
