/**
 * A repository's files into a folder: each taken up where an earlier try stopped, checked against the hub's hash,
 * and told of as it grows. An async generator of events, like the trainer; it knows no request and no registry.
 */
import { createHash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { knownFault, UserError } from "../errors.ts";
import { readInThread } from "../processes/folder_reader.ts";
import { type Hub, hubError, type HubFile, hubFileBytes, type HubRepository } from "./hub_repository.ts";

export type DownloadEvent =
  /** `bytes` of the whole model are here, those of earlier tries included. */
  | { type: "progress"; bytes: number }
  | { type: "file"; name: string };

export interface DownloadOptions {
  signal: AbortSignal;
  /** A connection that brings less than `MIN_PROGRESS` bytes in so long is given up. */
  idle_timeout_ms: number;
  /** Waiting times before the next tries; progress starts them over, and when there are no more it fails. */
  retry_delays_ms: readonly number[];
}

/** Less than the slowest line brings in a few seconds; a hub that drips for ever brings no model. */
const MIN_PROGRESS = 16_384;

/** Kept free on the disk beside what is downloaded: for the database and checkpoints. */
const SPARE_BYTES = 256 * 2 ** 20;

/** Why a try ended, when another may do better. */
class Interrupted extends Error {
  override name = "Interrupted";
}

/**
 * Downloads `repository` into `folder`, which must exist. Yields after every piece.
 *
 * @throws UserError `disk_full` when it cannot fit, `hub_unreachable` when tries end, `damaged_model` when content is not what the hub promised,
 *   `unsupported_model` as soon as config.json says so; what is here stays for the next call.
 */
export async function* downloadModel(
  hub: Hub,
  repository: HubRepository,
  folder: string,
  options: DownloadOptions,
): AsyncGenerator<DownloadEvent, void> {
  await checkDisk(repository, folder);
  let before = 0;
  for (const file of repository.files) {
    for await (const bytes of downloadFile(hub, repository, file, join(folder, file.name), options)) {
      yield { type: "progress", bytes: before + bytes };
    }
    before += file.bytes;
    // Gigabytes of a model that we cannot run are not worth having.
    if (file.name === "config.json") await readInThread("config", folder);
    yield { type: "file", name: file.name };
  }
}

/** @throws UserError `disk_full` when the disk has no room for what is missing */
async function checkDisk({ files }: HubRepository, folder: string): Promise<void> {
  let missing = 0;
  for (const { name, bytes } of files) missing += Math.max(0, bytes - await sizeOf(join(folder, name)));
  const { bavail, bsize } = await statfs(folder);
  const room = bavail * bsize - SPARE_BYTES;
  if (missing <= room) return;
  const gigabytes = (bytes: number) => `${(Math.max(0, bytes) / 1e9).toFixed(2)} GB`;
  throw new UserError(
    "disk_full",
    `The model needs ${gigabytes(missing)} more on the server's disk, which has room for ${gigabytes(room)}`,
  );
}

/** Yields how many of the file's bytes are here. */
async function* downloadFile(
  hub: Hub,
  repository: HubRepository,
  file: HubFile,
  path: string,
  options: DownloadOptions,
): AsyncGenerator<number, void> {
  let failures = 0;
  let fresh = false;
  for (;;) {
    const start = await sizeOf(path);
    let bytes = start;
    try {
      if (start < file.bytes || file.bytes === 0) {
        for await (bytes of append(hub, repository, file, path, start, options)) yield bytes;
      }
      const hash = await contentHash(path, file);
      if (hash === file.hash.hex) return;
      await Deno.remove(path);
      // What an earlier try left may be of another commit; from its beginning it must be right.
      if (fresh) throw damaged(file);
      fresh = true;
      yield 0;
    } catch (thrown) {
      options.signal.throwIfAborted();
      if (!(thrown instanceof Interrupted)) {
        throw hubError(hub, repository.hub_id, repository.revision, thrown);
      }
      if (bytes - start >= MIN_PROGRESS) failures = 0;
      const delay = options.retry_delays_ms[failures++];
      if (delay === undefined) throw hubError(hub, repository.hub_id, repository.revision, thrown.cause);
      await sleep(delay, undefined, { signal: options.signal }).catch(() => {});
      options.signal.throwIfAborted();
    }
  }
}

/** Adds the file's bytes from `start` on, yielding the size after each piece. */
async function* append(
  hub: Hub,
  repository: HubRepository,
  file: HubFile,
  path: string,
  start: number,
  { signal, idle_timeout_ms }: DownloadOptions,
): AsyncGenerator<number, void> {
  using target = await Deno.open(path, { append: true, create: true });
  const idle = new AbortController();
  const wait = () =>
    setTimeout(() => idle.abort(new Error(`nothing came for ${idle_timeout_ms / 1000} s`)), idle_timeout_ms);
  let timer = wait();
  let bytes = start, waitedFrom = start;
  try {
    const either = AbortSignal.any([signal, idle.signal]);
    for await (const piece of hubFileBytes(hub, repository, file, start, either)) {
      for (let at = 0; at < piece.length;) at += await target.write(piece.subarray(at));
      bytes += piece.length;
      // More than there is: a server that sends all whatever it is asked for. The hash will say so.
      if (bytes > file.bytes) break;
      yield bytes;
      if (bytes - waitedFrom < MIN_PROGRESS) continue;
      clearTimeout(timer);
      timer = wait();
      waitedFrom = bytes;
    }
    if (bytes < file.bytes) throw new Error(`${file.name} ended after ${bytes} of ${file.bytes} bytes`);
    await target.sync();
  } catch (thrown) {
    const fault = knownFault(thrown);
    if (fault instanceof UserError) throw fault;
    throw new Interrupted("The download was interrupted", {
      cause: idle.signal.aborted ? idle.signal.reason : thrown,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function contentHash(path: string, { bytes, hash: { algorithm } }: HubFile): Promise<string> {
  const hash = createHash(algorithm === "git" ? "sha1" : "sha256");
  if (algorithm === "git") hash.update(`blob ${bytes}\0`);
  using file = await Deno.open(path);
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex");
}

function damaged({ name }: HubFile): UserError {
  return new UserError("damaged_model", `${name} is not what the hub promised: its hash differs`);
}

async function sizeOf(path: string): Promise<number> {
  return await Deno.stat(path).then(({ size }) => size, () => 0);
}
