/** Where folders really are: Deno allows a path as it is written, and models are opened by their real ones. */
import { join } from "node:path";

/** The folders, and where they and the links directly in them and in their `hub` lead. What is not there is left out. */
export function linkedFolders(folders: readonly string[]): string[] {
  return [
    ...new Set(
      folders.flatMap((
        folder,
      ) => [folder, ...reals(folder), ...links(folder), ...links(join(folder, "hub"))]),
    ),
  ];
}

function reals(path: string): string[] {
  try {
    return [Deno.realPathSync(path)];
  } catch {
    return [];
  }
}

function links(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ isSymlink }) => isSymlink)
      .flatMap(({ name }) => reals(join(folder, name)));
  } catch {
    return [];
  }
}
