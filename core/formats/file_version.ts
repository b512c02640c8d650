/**
 * Versions of files: a text that is another once a file was written, replaced by a rename, or put in another's place.
 * Whatever is kept of files is kept by their versions. Contents are not read.
 */
import { join } from "node:path";
import { UserError } from "../errors.ts";

/** Of a folder's files, these decide what a model, an adapter or a checkpoint is. */
const ALL = /\.(json|jinja|safetensors)$|\.onnx([._]data\w*)?$/;
/** And these what its weights are, and how they are used. */
export const WEIGHTS = /^(generation_)?config\.json$|\.safetensors(\.index\.json)?$/;
/** More than any published model has; a folder with more is somebody's mistake. */
const MAX_FILES = 5000;

/** The version of what `stat` was told of. */
export function versionOf({ size, mtime, ctime, ino, dev, isFile }: Deno.FileInfo): string {
  // A time that was set back shows in ctime, which nobody can set.
  return [isFile ? "file" : "other", size, mtime?.getTime(), ctime?.getTime(), ino, dev].join(".");
}

/**
 * The version of a folder: that of every file in it that counts, whether or not it is read.
 * @throws {UserError} `damaged_model` when it holds too many
 */
export async function folderVersion(folder: string, counts = ALL): Promise<string> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory || !counts.test(name)) continue;
      names.push(name);
      if (names.length > MAX_FILES) {
        throw new UserError("damaged_model", `The folder has more than ${MAX_FILES} files of a model`);
      }
    }
  } catch (thrown) {
    // A folder that is not there has a version as well: no file of it is.
    if (thrown instanceof UserError) throw thrown;
  }
  const versions = names.sort().map((name) =>
    Deno.stat(join(folder, name)).then((info) => `${name} ${versionOf(info)}`, () => name)
  );
  return (await Promise.all(versions)).join("\n");
}

/** What says that a folder is of another version than it was. */
export function changedWhileRead(): UserError {
  return new UserError("damaged_model", "The folder's files changed while they were read: ask again");
}

/** What `work` reads of a folder, when all of it is of one version. @throws {UserError} `damaged_model` when not */
export async function ofOneVersion<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = await folderVersion(folder);
  const result = await work();
  if (await folderVersion(folder) !== before) throw changedWhileRead();
  return result;
}
