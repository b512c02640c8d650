/** Makes the server's data folder and finds out whether it can be written, before anything else is begun. */
import { join } from "node:path";
import { UserError } from "../errors.ts";

/** What the system says, and what that means for somebody who chose the folder. */
const REASONS: Record<string, string> = {
  EEXIST: "there is a file of that name",
  ENOTDIR: "a part of the path is a file",
  EACCES: "this user has no permission",
  EPERM: "this user has no permission",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOENT: "the place does not exist and cannot be made",
  ENAMETOOLONG: "the path is too long",
  ELOOP: "its links lead in a circle",
};

/**
 * Makes `folder` if it is not there.
 *
 * @throws UserError naming DATA_DIR, the folder, and why it will not do
 */
export async function prepareDataDir(folder: string): Promise<void> {
  const probe = join(folder, `.writable-${crypto.randomUUID()}`);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    const { code = "", name, message } = error as Error & { code?: string };
    const reason = REASONS[code] ?? (name === "AlreadyExists" ? REASONS.EEXIST : message);
    throw new UserError("invalid_request", `Cannot use DATA_DIR '${folder}': ${reason}`, [], {
      cause: error,
    });
  }
}
