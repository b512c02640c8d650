/**
 * A checkpoint is a folder that is there whole or not at all: written beside its place under another name, flushed,
 * then renamed. Its manifest, checkpoint.json, has the size and SHA-256 of every file, whatever facts the writer
 * wants to find again, and the SHA-256 of all that. It may have parts, folders with a manifest each that names the
 * checkpoint's: they come and stay with it, and its own manifest does not list them. What the files mean is not known here.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { type CheckpointFile, manifestSchema } from "../contract/checkpoint.ts";
import { UserError } from "../errors.ts";
import {
  type Chunks,
  syncFolder,
  syncTree,
  TEMPORARY_PREFIX,
  temporaryPath,
  writeNewFile,
} from "./atomic_file.ts";
import { checkFile, damaged } from "./checked_file.ts";
import type { Json } from "./config_fields.ts";
import { readBounded } from "./read_bounded.ts";
import { isRecord, parseStrictJson, quote } from "./strict_json.ts";

const MANIFEST_FILE = "checkpoint.json";
const MAX_MANIFEST_BYTES = 16_000_000;
/** The first had no hash of the manifest itself. */
const FORMAT_VERSIONS: readonly unknown[] = [1, 2];
const FORMAT_VERSION = 2;

interface CheckpointContent {
  files: CheckpointFile[];
  /** What the writer gave, as JSON. */
  facts: Json;
}

export interface CheckpointManifest extends CheckpointContent {
  /** Of files and facts. */
  sha256: string;
}

/**
 * Reads the part `name` of the checkpoint `folder`, as `readCheckpoint` does.
 * @throws {UserError} `damaged_checkpoint`, also when it is a part of another checkpoint
 */
export async function readPart(
  folder: string,
  name: string,
  { sha256 }: Pick<CheckpointManifest, "sha256">,
): Promise<CheckpointManifest> {
  const part = await readCheckpoint(join(folder, name));
  if (part.facts.checkpoint !== sha256) throw damaged(`The part ${name} is another checkpoint's`);
  return part;
}

/** A folder in a checkpoint's. Its facts are asked for when all files are written. */
export interface CheckpointPart {
  files: Record<string, Chunks>;
  facts(): Promise<Json>;
}

export interface WriteOptions {
  parts?: Record<string, CheckpointPart>;
  /** Called when the chunks of all files have been read: whatever they were made of may change again. */
  onRead?: () => void;
}

/**
 * Writes `files` (chunks of bytes by name) and the manifest as `folder`, replacing it in one step when it exists.
 * Its parent must exist. Resolves to the files' sizes and hashes, in the order of their names.
 * @throws {RangeError} when a name is not a plain file name
 * @throws {UserError} `damaged_checkpoint` when the parent is gone or refuses to be written to
 */
export async function writeCheckpoint(
  folder: string,
  files: Record<string, Chunks>,
  facts: Json = {},
  { parts = {}, onRead }: WriteOptions = {},
): Promise<CheckpointFile[]> {
  const names = [files, parts, ...Object.values(parts).map(({ files }) => files)].flatMap(Object.keys);
  for (const name of names) {
    if (!isFileName(name)) throw new RangeError(`A checkpoint file cannot be named ${quote(name)}`);
  }
  const temporary = temporaryPath(folder);
  try {
    const written = await writeFiles(temporary, files);
    const inParts: Record<string, CheckpointFile[]> = {};
    for (const [name, part] of Object.entries(parts)) {
      inParts[name] = await writeFiles(join(temporary, name), part.files);
    }
    onRead?.();
    const checkpoint = await writeManifest(temporary, { files: written, facts });
    for (const [name, part] of Object.entries(parts)) {
      const about = { ...await part.facts(), checkpoint };
      await writeManifest(join(temporary, name), { files: inParts[name]!, facts: about });
    }
    await syncTree(temporary);
    await replaceFolder(temporary, folder);
    return written;
  } catch (thrown) {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
    throw unwritable(thrown);
  }
}

/** What keeps a checkpoint from being written, where somebody can help it; a full disk is known elsewhere. */
const UNWRITABLE: readonly [typeof Deno.errors.NotFound, string][] = [
  [Deno.errors.NotFound, "its folder was removed"],
  [Deno.errors.NotADirectory, "there is a file where its folder was"],
  [Deno.errors.PermissionDenied, "its folder may not be written to"],
];

function unwritable(thrown: unknown): unknown {
  const why = UNWRITABLE.find(([fault]) => thrown instanceof fault)?.[1];
  return why === undefined ? thrown : damaged(`The checkpoint cannot be written: ${why}`, thrown);
}

async function writeFiles(folder: string, files: Record<string, Chunks>): Promise<CheckpointFile[]> {
  await Deno.mkdir(folder);
  const written: CheckpointFile[] = [];
  for (const name of Object.keys(files).sort()) {
    written.push(await writeHashed(join(folder, name), files[name]!));
  }
  return written;
}

/** Resolves to the SHA-256 of what the manifest says. */
async function writeManifest(folder: string, { files, facts }: CheckpointContent): Promise<string> {
  const sha256 = hashOfManifest({ files, facts });
  const manifest = JSON.stringify({ format_version: FORMAT_VERSION, sha256, files, facts }, null, 2);
  await writeNewFile(join(folder, MANIFEST_FILE), [new TextEncoder().encode(manifest)]);
  return sha256;
}

/**
 * Reads a checkpoint's manifest and, unless `verify` is false, every byte of its files against it, once per version of
 * each.
 * @throws {UserError} `damaged_checkpoint` naming the file that is missing, no file, cut short or changed
 */
export async function readCheckpoint(folder: string, { verify = true } = {}): Promise<CheckpointManifest> {
  const manifest = await readManifest(folder);
  for (const file of verify ? manifest.files : []) await checkFile(folder, file);
  return manifest;
}

/**
 * Checks that a checkpoint's manifest lists the files that it was known to have when it was written: another
 * checkpoint's folder in its place is whole by itself. Where there is no manifest, whoever reads the checkpoint says so.
 * @throws {UserError} `damaged_checkpoint`
 */
export async function checkListed(folder: string, files: readonly CheckpointFile[]): Promise<void> {
  if (await Deno.lstat(join(folder, MANIFEST_FILE)).then(() => false, () => true)) return;
  const { files: listed } = await readManifest(folder);
  const text = (files: readonly CheckpointFile[]) =>
    files.map(({ name, bytes, sha256 }) => `${name} ${bytes} ${sha256}`).sort().join("\n");
  if (text(listed) !== text(files)) {
    throw damaged(`${MANIFEST_FILE} does not list the files that the checkpoint was written with`);
  }
}

async function readManifest(folder: string): Promise<CheckpointManifest> {
  try {
    const bytes = await readBounded(join(folder, MANIFEST_FILE), MANIFEST_FILE, MAX_MANIFEST_BYTES);
    if (bytes === null) throw damaged(`The checkpoint has no ${MANIFEST_FILE}`);
    const manifest = parseStrictJson(bytes, MANIFEST_FILE);
    if (!isRecord(manifest) || !FORMAT_VERSIONS.includes(manifest.format_version)) {
      const version = isRecord(manifest) ? manifest.format_version : manifest;
      const known = FORMAT_VERSIONS.join(", ");
      throw damaged(`${MANIFEST_FILE} has format_version ${quote(version)}: supported: ${known}`);
    }
    const { data: read } = manifestSchema.safeParse(manifest);
    if (!read?.files.every(({ name }) => isFileName(name))) {
      throw damaged(`${MANIFEST_FILE} does not list its files with bytes and sha256`);
    }
    const { files, facts, sha256 } = read;
    if (manifest.format_version === FORMAT_VERSION && hashOfManifest({ files, facts }) !== sha256) {
      throw damaged(`${MANIFEST_FILE} is not what the checkpoint was written with: its SHA-256 differs`);
    }
    return { files, facts, sha256: hashOfManifest({ files, facts }) };
  } catch (thrown) {
    // A manifest that cannot be read is a checkpoint's fault, not a model's.
    throw thrown instanceof UserError ? damaged(thrown.message, thrown) : thrown;
  }
}

/** Of what a manifest says, however it is laid out. */
function hashOfManifest(manifest: CheckpointContent): string {
  const plain = JSON.parse(JSON.stringify(manifest));
  return createHash("sha256").update(JSON.stringify([plain.files, plain.facts])).digest("hex");
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
  await writeNewFile(path, tapped(chunks, (chunk) => (hash.update(chunk), bytes += chunk.length)));
  return { name: basename(path), bytes, sha256: hash.digest("hex") };
}

/** What is hashed at once: others wait meanwhile, a step that runs beside among them. */
const PIECE_BYTES = 4 * 2 ** 20;

async function* tapped(
  chunks: Chunks,
  tap: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const piece = chunk.subarray(at, at + PIECE_BYTES);
      tap(piece);
      yield piece;
    }
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

function isFileName(name: string): boolean {
  return /^\w[\w.-]*$/.test(name) && name !== MANIFEST_FILE;
}
