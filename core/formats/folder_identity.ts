/**
 * What a model's folder holds, so that a later process can tell whether it still does: of each file that decides what is
 * computed, its size, its version and the SHA-256 of all its bytes. The hash is read through once in a process and takes
 * about a second a gigabyte of one core; where the version is still the same, nobody needs it.
 */
import { join } from "node:path";
import { fileHash } from "./checked_file.ts";
import { versionOf } from "./file_version.ts";

/** A model's weights, an adapter's, a checkpoint's; a ready graph; how they are used; how texts become tokens; and a dataset's rows. */
const COUNTS =
  /^rows\.jsonl$|^((generation_|adapter_|tokenizer_)?config|checkpoint|tokenizer|special_tokens_map|added_tokens)\.json$|^chat_template\.|\.safetensors(\.index\.json)?$|\.onnx([._]data\w*)?$/;

/** A file as it was when a job read it. */
export interface FileIdentity {
  name: string;
  bytes: number;
  version: string;
  /** Null where the file was another already when it was to be hashed: then only its version can tell. */
  sha256: string | null;
}

/** Names, sizes and versions of the files that count, in the order of their names. */
export async function filesOf(folder: string): Promise<Omit<FileIdentity, "sha256">[]> {
  const files: Omit<FileIdentity, "sha256">[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory || !COUNTS.test(name)) continue;
    const info = await Deno.stat(join(folder, name));
    files.push({ name, bytes: info.size, version: versionOf(info) });
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The identity of files as `filesOf` found them. One at a time: whoever trains meanwhile needs the disk and the cores. */
export async function identityOf(
  folder: string,
  files: readonly Omit<FileIdentity, "sha256">[],
  signal: AbortSignal,
): Promise<FileIdentity[]> {
  const identity: FileIdentity[] = [];
  for (const file of files) {
    const now = await fileHash(join(folder, file.name), signal).catch(() => null);
    signal.throwIfAborted();
    identity.push({ ...file, sha256: now?.version === file.version ? now.sha256 : null });
  }
  return identity;
}

/**
 * Whether the folder's files are those of `identity`: the same versions, or, where a file was copied or moved, the same
 * bytes. Gives the identity that they have now, or null.
 */
export async function sameIdentity(
  folder: string,
  identity: readonly FileIdentity[],
): Promise<FileIdentity[] | null> {
  const files = await filesOf(folder);
  if (files.length !== identity.length) return null;
  const now: FileIdentity[] = [];
  for (const [index, file] of files.entries()) {
    const known = identity[index]!;
    if (file.name !== known.name || file.bytes !== known.bytes) return null;
    const sha256 = file.version === known.version
      ? known.sha256
      : (await fileHash(join(folder, file.name))).sha256;
    if (sha256 !== known.sha256) return null;
    now.push({ ...file, sha256 });
  }
  return now;
}
