/**
 * Removes onnxruntime's libraries for other systems (240 MB) from `node_modules`: the package brings all of them, and
 * this machine can load only its own. Links or copies in `node_modules` go; Deno's cache, which other projects
 * share, stays whole, and Deno does not put back what is gone until the package is installed anew.
 */
import { basename, dirname, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { findLibrary } from "../core/ort/library.ts";

/**
 * @param own Where this system's libraries are: `…/<system>/<architecture>`
 * @returns The folders that were removed
 */
export function dropOtherSystems(own: string): string[] {
  const system = dirname(own), all = dirname(system);
  const dropped = [...siblings(system), ...siblings(own)];
  for (const folder of dropped) Deno.removeSync(folder, { recursive: true });
  return dropped.map((folder) => folder.slice(all.length + 1));
}

function siblings(folder: string): string[] {
  const parent = dirname(folder);
  return [...Deno.readDirSync(parent)].filter(({ name }) => name !== basename(folder))
    .map(({ name }) => join(parent, name)).sort();
}

if (import.meta.main) {
  let library: string | undefined;
  try {
    library = findLibrary();
  } catch (error) {
    // A system the package has no library for: the engine says what to do about it.
    if (!(error instanceof UserError)) throw error;
  }
  const dropped = library === undefined ? [] : dropOtherSystems(dirname(library));
  if (dropped.length > 0) console.error(`Removed onnxruntime's libraries for ${dropped.join(", ")}`);
}
