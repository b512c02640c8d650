/**
 * Files that must be what a manifest says, byte for byte. The hash of a file is taken once per version of it, piece by
 * piece, so that whoever else waits gets a turn.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { versionOf } from "./file_version.ts";

/** A file as a manifest lists it. */
export interface ListedFile {
  name: string;
  bytes: number;
  sha256: string;
}

interface Known {
  version: string;
  sha256: Promise<string>;
}

/** Of files by path, the least recently asked for first. */
const known = new Map<string, Known>();
const MAX_KNOWN = 10_000;
const CHUNK_BYTES = 256 * 1024;

/**
 * Opens a file of a checkpoint's folder, at its beginning, when it is the one that was listed. Whoever asks closes it.
 * @throws {UserError} `damaged_checkpoint` naming the file that is missing, no file, of another size or changed
 */
export async function openChecked(folder: string, listed: ListedFile): Promise<Deno.FsFile> {
  const { name, bytes, sha256 } = listed;
  const path = join(folder, name);
  let file: Deno.FsFile | undefined;
  try {
    // Asked before it is opened: opening a pipe waits for its writer.
    if (!(await Deno.stat(path)).isFile) throw damaged(`${name} of the checkpoint is not a file`);
    file = await Deno.open(path);
    const info = await file.stat();
    if (info.size !== bytes) {
      throw damaged(`${name} has ${info.size} bytes: the checkpoint was written with ${bytes}`);
    }
    if (await hashOf(path, file, info) !== sha256) {
      throw damaged(`${name} is not what the checkpoint was written with: its SHA-256 differs`);
    }
    await file.seek(0, Deno.SeekMode.Start);
    return file;
  } catch (thrown) {
    file?.close();
    if (thrown instanceof UserError) throw thrown;
    const isMissing = thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory;
    throw damaged(`${name} of the checkpoint ${isMissing ? "is missing" : "cannot be read"}`, thrown);
  }
}

/** `openChecked` for who reads the file by itself. @throws {UserError} the same */
export async function checkFile(folder: string, listed: ListedFile): Promise<void> {
  (await openChecked(folder, listed)).close();
}

/**
 * The SHA-256 of a file as it is, and which version of it that is.
 * @throws {UserError} `damaged_checkpoint` when it is written meanwhile, and what the system throws
 */
export async function fileHash(
  path: string,
  signal?: AbortSignal,
): Promise<{ version: string; sha256: string }> {
  using file = await Deno.open(path);
  const info = await file.stat();
  return { version: versionOf(info), sha256: await hashOf(path, file, info, signal) };
}

/** What is wrong with a checkpoint. */
export function damaged(detail: string, cause?: unknown): UserError {
  return new UserError("damaged_checkpoint", detail, [], { cause });
}

function hashOf(
  path: string,
  file: Deno.FsFile,
  info: Deno.FileInfo,
  signal?: AbortSignal,
): Promise<string> {
  const version = versionOf(info);
  const before = known.get(path);
  known.delete(path);
  const entry = before?.version === version ? before : { version, sha256: hash(file, version, signal) };
  known.set(path, entry);
  for (const oldest of known.keys()) {
    if (known.size <= MAX_KNOWN) break;
    known.delete(oldest);
  }
  entry.sha256.catch(() => known.delete(path));
  return entry.sha256;
}

async function hash(file: Deno.FsFile, version: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let read = await file.read(chunk); read !== null; read = await file.read(chunk)) {
    signal?.throwIfAborted();
    hash.update(chunk.subarray(0, read));
  }
  if (versionOf(await file.stat()) !== version) throw damaged("A file is being written while it is read");
  return hash.digest("hex");
}
