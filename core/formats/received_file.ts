/** A file that somebody sends, written to the disk as it comes and never held whole. */
import { createHash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "../errors.ts";

/** What must stay free on the disk, for everything else that is written there. */
const KEPT_FREE_BYTES = 512 * 1024 ** 2;
/** How much may be written until the disk is looked at again. */
const LOOK_BYTES = 64 * 1024 ** 2;

export interface FileBounds {
  /** Of the file. */
  max_bytes: number;
  /** What must stay free on the disk. */
  kept_free_bytes?: number;
}

/** @throws {UserError} `disk_full` when the disk that `folder` is on has too little room for more */
export async function requireRoom(
  folder: string,
  { kept_free_bytes = KEPT_FREE_BYTES }: Pick<FileBounds, "kept_free_bytes">,
): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= kept_free_bytes) return;
  throw new UserError(
    "disk_full",
    `Cannot take in the file: less than ${kept_free_bytes} bytes would be free on the server's disk`,
  );
}

/**
 * Writes `parts` as the new file `path`.
 *
 * @throws {UserError} `body_too_large`, or `disk_full`
 */
export async function receiveFile(
  parts: AsyncIterable<Uint8Array>,
  path: string,
  bounds: FileBounds,
): Promise<{ bytes: number; sha256: string }> {
  const { max_bytes } = bounds;
  const hash = createHash("sha256");
  using file = await Deno.open(path, { write: true, createNew: true });
  let bytes = 0;
  let looked = -Infinity;
  for await (const part of parts) {
    bytes += part.length;
    if (bytes > max_bytes) {
      throw new UserError(
        "body_too_large",
        `Expected a file of at most ${max_bytes} bytes, got a larger one`,
      );
    }
    if (bytes - looked > LOOK_BYTES) {
      await requireRoom(dirname(path), bounds);
      looked = bytes;
    }
    hash.update(part);
    for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
  }
  return { bytes, sha256: hash.digest("hex") };
}
