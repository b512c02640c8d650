/**
 * What a process that died has left half done in a folder: anything that is there while nobody else uses the folder. Where
 * several servers do, only what is older than anything that is still being made.
 */

/** Longer than a file takes to come in, or a model to be written. */
const ABANDONED_MS = 86_400_000;

/** @param shared Whether other servers write there too. */
export async function isAbandoned(path: string, shared: boolean): Promise<boolean> {
  if (!shared) return true;
  const info = await Deno.stat(path).catch(() => null);
  return info?.mtime ? Date.now() - info.mtime.getTime() > ABANDONED_MS : false;
}
