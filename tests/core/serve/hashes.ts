import { createHash } from "node:crypto";
import { join } from "node:path";

/** SHA-256 of every file below `folder`, by path. */
export async function hashes(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) {
      for (const [file, hash] of Object.entries(await hashes(path))) found[`${name}/${file}`] = hash;
    } else found[name] = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
  }
  return found;
}
