/**
 * Files that are there whole or not at all, also after a crash: written under another name, flushed to the
 * device, then renamed.
 */
import { basename, dirname, join } from "node:path";

/** Content that is made while it is written. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Names of files that a crashed write may leave; nothing of ours ever reads one. */
export const TEMPORARY_PREFIX = ".tmp-";

/** A name in the same folder, unlike any other, that says it is temporary. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `${TEMPORARY_PREFIX}${crypto.randomUUID()}-${basename(path)}`);
}

/** Writes `chunks` one after another as the file `path`, replacing it in one step. */
export async function writeFileAtomic(path: string, chunks: Chunks): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeFileSynced(temporary, chunks);
    await Deno.rename(temporary, path);
  } catch (thrown) {
    await Deno.remove(temporary).catch(() => {});
    throw thrown;
  }
  await syncFolder(dirname(path));
}

/** Writes `chunks` one after another as the new file `path` and waits until the device has them. */
export async function writeFileSynced(path: string, chunks: Chunks): Promise<void> {
  await writeNewFile(path, chunks);
  await syncFile(path);
}

/** Writes `chunks` one after another as the new file `path`; the device may have them later. */
export async function writeNewFile(path: string, chunks: Chunks): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
  }
}

/** Waits until the device has the file. */
export async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/** Waits until the device has all files below `folder` and their names. */
export async function syncTree(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    await (isDirectory ? syncTree : syncFile)(join(folder, name));
  }
  await syncFolder(folder);
}

/** Makes `folder` and those above it where they are not there: also after a crash, or what is in them would be lost. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.AlreadyExists) return;
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    await makeFolder(dirname(folder));
    return await makeFolder(folder);
  }
  await syncFolder(dirname(folder));
}

/** Makes renames inside `folder` durable. Windows cannot open a folder and needs no flush for it. */
export async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}
