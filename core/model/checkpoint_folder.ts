/**
 * A checkpoint is a folder that is there whole or not at all: written beside its place under another name, flushed,
 * then renamed. Its manifest, checkpoint.json, has the size and SHA-256 of every file and whatever facts the writer
 * wants to find again. What the files mean is not known here.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { CheckpointFile } from "../engine/protocol.ts";
import { UserError } from "../errors.ts";
import { type Chunks, syncFolder, TEMPORARY_PREFIX, temporaryPath, writeFileSynced } from "./atomic_file.ts";
import type { Json } from "./config_fields.ts";
import { readBounded } from "./read_bounded.ts";
import { isRecord, parseStrictJson, quote } from "./strict_json.ts";

export const MANIFEST_FILE = "checkpoint.json";
const MAX_MANIFEST_BYTES = 16_000_000;
const FORMAT_VERSION = 1;

export interface CheckpointManifest {
  files: CheckpointFile[];
  /** What the writer gave, as JSON. */
  facts: Json;
}

/**
 * Writes `files` (chunks of bytes by name) and the manifest as `folder`, replacing it in one step when it exists.
 * Its parent must exist. Resolves to the files' sizes and hashes, in the order of their names.
 * @throws {RangeError} when a name is not a plain file name
 */
export async function writeCheckpoint(
  folder: string,
  files: Record<string, Chunks>,
  facts: Json = {},
): Promise<CheckpointFile[]> {
  const names = Object.keys(files).sort();
  for (const name of names) {
    if (!isFileName(name)) throw new RangeError(`A checkpoint file cannot be named ${quote(name)}`);
  }
  const temporary = temporaryPath(folder);
  await Deno.mkdir(temporary);
  try {
    const written: CheckpointFile[] = [];
    for (const name of names) written.push(await writeHashed(join(temporary, name), files[name]!));
    const manifest = JSON.stringify({ format_version: FORMAT_VERSION, files: written, facts }, null, 2);
    await writeFileSynced(join(temporary, MANIFEST_FILE), [new TextEncoder().encode(manifest)]);
    await syncFolder(temporary);
    await replaceFolder(temporary, folder);
    return written;
  } catch (thrown) {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
    throw thrown;
  }
}

/**
 * Reads a checkpoint's manifest and, unless `verify` is false, every byte of its files against it.
 * @throws {UserError} `damaged_model` naming the file that is missing, cut short or changed
 */
export async function readCheckpoint(folder: string, { verify = true } = {}): Promise<CheckpointManifest> {
  const bytes = await readBounded(join(folder, MANIFEST_FILE), MANIFEST_FILE, MAX_MANIFEST_BYTES);
  if (bytes === null) throw new UserError("damaged_model", `The checkpoint has no ${MANIFEST_FILE}`);
  const manifest = parseStrictJson(bytes, MANIFEST_FILE);
  if (!isRecord(manifest) || manifest.format_version !== FORMAT_VERSION) {
    const version = isRecord(manifest) ? manifest.format_version : manifest;
    throw new UserError(
      "damaged_model",
      `${MANIFEST_FILE} has format_version ${quote(version)}: supported: ${FORMAT_VERSION}`,
    );
  }
  const { files, facts } = manifest;
  if (!Array.isArray(files) || !files.every(isCheckpointFile) || !isRecord(facts)) {
    throw new UserError("damaged_model", `${MANIFEST_FILE} does not list its files with bytes and sha256`);
  }
  for (const file of verify ? files : []) await checkFile(folder, file);
  return { files, facts };
}

/** Removes what writes that were cut off have left in `parent`. Only its owner may call this, before it writes. */
export async function removeLeftovers(parent: string): Promise<void> {
  for await (const { name } of Deno.readDir(parent)) {
    if (name.startsWith(TEMPORARY_PREFIX)) await Deno.remove(join(parent, name), { recursive: true });
  }
}

async function writeHashed(path: string, chunks: Chunks): Promise<CheckpointFile> {
  const hash = createHash("sha256");
  let bytes = 0;
  await writeFileSynced(path, tapped(chunks, (chunk) => (hash.update(chunk), bytes += chunk.length)));
  return { name: basename(path), bytes, sha256: hash.digest("hex") };
}

async function* tapped(
  chunks: Chunks,
  tap: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    tap(chunk);
    yield chunk;
  }
}

/** A folder cannot be renamed over another that has files, so the old one steps aside first. */
async function replaceFolder(temporary: string, folder: string): Promise<void> {
  const aside = temporaryPath(folder);
  const replaced = await Deno.rename(folder, aside).then(() => true, (thrown) => {
    if (thrown instanceof Deno.errors.NotFound) return false;
    throw thrown;
  });
  await Deno.rename(temporary, folder);
  await syncFolder(dirname(folder));
  if (replaced) await Deno.remove(aside, { recursive: true });
}

async function checkFile(folder: string, { name, bytes, sha256 }: CheckpointFile): Promise<void> {
  const hash = createHash("sha256");
  let size = 0;
  try {
    using file = await Deno.open(join(folder, name));
    for await (const chunk of file.readable) hash.update(chunk), size += chunk.length;
  } catch (thrown) {
    const fault = thrown instanceof Deno.errors.NotFound ? "is missing" : "cannot be read";
    throw new UserError("damaged_model", `${name} of the checkpoint ${fault}`, [], { cause: thrown });
  }
  if (size !== bytes) {
    throw new UserError(
      "damaged_model",
      `${name} has ${size} bytes: the checkpoint was written with ${bytes}`,
    );
  }
  if (hash.digest("hex") !== sha256) {
    throw new UserError(
      "damaged_model",
      `${name} is not what the checkpoint was written with: its SHA-256 differs`,
    );
  }
}

function isCheckpointFile(value: unknown): value is CheckpointFile {
  return isRecord(value) && typeof value.name === "string" && isFileName(value.name) &&
    Number.isSafeInteger(value.bytes) && typeof value.sha256 === "string";
}

function isFileName(name: string): boolean {
  return /^\w[\w.-]*$/.test(name) && name !== MANIFEST_FILE;
}
