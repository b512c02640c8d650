/**
 * DATA_DIR belongs to one process, as two servers on one folder would run each other's jobs; or to several that share a
 * database elsewhere, and to nobody else then.
 */
import { join } from "node:path";
import { UserError } from "../errors.ts";

export interface FolderLock {
  close(): void;
}

/**
 * Takes a folder for this process, by whatever path it is named. The system lets go of it when the process ends, however
 * that happens, so no lock is ever left behind. The folder itself is locked, since people remove files that are called
 * "lock"; the file in it says who has it, and is locked for those who look there alone.
 *
 * @param shared whether others may have it too that say the same
 * @throws UserError `runtime_unavailable` naming the folder and the process that has it
 */
export async function lockFolder(folder: string, { shared = false } = {}): Promise<FolderLock> {
  const path = join(folder, "lock");
  const held: Deno.FsFile[] = [];
  const close = () => held.forEach((file) => file.close());
  try {
    held.push(await Deno.open(folder), await Deno.open(path, { create: true, read: true, write: true }));
    for (const file of held) if (!await file.tryLock(!shared)) throw await taken(folder, path);
    await held[1]!.truncate(0);
    await held[1]!.write(new TextEncoder().encode(shared ? SHARED : `${Deno.pid}\n`));
    return { close };
  } catch (error) {
    close();
    throw error;
  }
}

/** What the file says where several have the folder. */
const SHARED = "shared\n";

async function taken(folder: string, path: string): Promise<UserError> {
  const text = await Deno.readTextFile(path).catch(() => "");
  if (text === SHARED) {
    const detail =
      `Cannot open DATA_DIR '${folder}' as servers with a DATABASE_URL share it: choose another DATA_DIR, or set theirs`;
    return new UserError("runtime_unavailable", detail);
  }
  const pid = /^\d{1,10}$/m.exec(text)?.[0];
  const who = pid === undefined ? "another server" : `another server, process ${pid},`;
  const detail =
    `Cannot open DATA_DIR '${folder}' as ${who} uses it: stop that server or choose another DATA_DIR`;
  return new UserError("runtime_unavailable", detail);
}
