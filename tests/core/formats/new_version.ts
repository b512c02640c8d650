import assert from "node:assert/strict";
import { versionOf } from "../../../core/formats/file_version.ts";

/** Far longer than the kernel's clock of files ever stands still. */
const PATIENCE_MS = 10_000;

/**
 * Writes a file that is there, again until its version is another. The times that a kernel gives to files come from a clock that
 * ticks every few milliseconds, far more rarely on a machine that is busy; a change of the same size within one
 * tick shows in nothing.
 * @param write called once or more; must leave the same file each time
 */
export async function newVersion(file: string, write: () => Promise<void>): Promise<void> {
  const before = versionOf(await Deno.stat(file));
  const until = Date.now() + PATIENCE_MS;
  do {
    await write();
    if (versionOf(await Deno.stat(file)) !== before) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  } while (Date.now() < until);
  assert.fail("A file was written, and its version is the same");
}
