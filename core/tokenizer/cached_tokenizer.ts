/**
 * Tokenizers of the folders that requests named last: a large vocabulary takes a second to read, and a request mostly
 * names the folder that the one before it did. A folder of which a file has changed is read again.
 */
import { folderVersion } from "../formats/file_version.ts";
import { LruCache } from "../lru_cache.ts";
import { loadTokenizer, type TextTokenizer } from "./tokenizer.ts";

/** A vocabulary of 150,000 entries takes some 100 MB. */
const KEPT = 2;
const TOKENIZER_FILES = /\.(json|jinja)$/;

const cache = new LruCache<Promise<TextTokenizer>>(KEPT);

/** `loadTokenizer`, which nothing that has not changed is asked twice. */
export async function cachedTokenizer(folder: string): Promise<TextTokenizer> {
  const key = `${folder}\n${await folderVersion(folder, TOKENIZER_FILES)}`;
  const tokenizer = cache.get(key) ?? loadTokenizer(folder);
  cache.set(key, tokenizer);
  try {
    return await tokenizer;
  } catch (thrown) {
    if (cache.peek(key) === tokenizer) cache.delete(key);
    throw thrown;
  }
}
