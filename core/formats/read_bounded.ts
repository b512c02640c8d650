/** Whole small files of a model folder, read only when their size is believable. */
import { UserError } from "../errors.ts";

/**
 * The bytes of a small file, or null when there is none. `name` stands for it in messages.
 * @throws {UserError} `damaged_model` when it is larger than `maxBytes` or cannot be read
 */
export async function readBounded(path: string, name: string, maxBytes: number): Promise<Uint8Array | null> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new UserError("damaged_model", `${name} is not a file`);
    if (size > maxBytes) {
      throw new UserError("damaged_model", `${name} has ${size} bytes: at most ${maxBytes} are read`);
    }
    return await Deno.readFile(path);
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    if (thrown instanceof Deno.errors.NotFound) {
      if (!await isDanglingLink(path)) return null;
      throw new UserError("damaged_model", `${name} is a link to a file that is not there`);
    }
    throw new UserError("damaged_model", `${name} cannot be read`, [], { cause: thrown });
  }
}

/** Whether there is a link at a path where nothing was found, as a hub's cache has of files whose content is gone. */
export async function isDanglingLink(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(({ isSymlink }) => isSymlink, () => false);
}
