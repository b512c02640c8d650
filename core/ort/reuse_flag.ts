/**
 * Keeps onnxruntime from planning, while it loads a graph, which freed buffer serves which later value. Its search walks
 * all freed buffers for every value: a training graph of 5,470 nodes takes 3.1 s to load with it and 0.4 s without, one of
 * 8,840 nodes 10 s and 0.5 s. The arena finds free memory just as well while running, and operators still write in place.
 *
 * The C API has no call for it, though the option object has the flag and other languages set it there: the byte between
 * two flags that the C API does have calls for. Where those do not lie as expected, nothing is set, and loading is slow.
 */
import type { Api } from "./api.ts";

/** How much of an option object is looked at: less than there is of it. */
const SEEN_BYTES = 256;

/** Where the flag is in an option object of this library. Null when it is not found. */
export function findReuseFlag(api: Api): number | null {
  const options = api.pointer("make session options", api.CreateSessionOptions);
  try {
    const initial = bytesOf(options).slice();
    api.check(api.DisableMemPattern(options), "set the session's memory pattern");
    const withoutPattern = bytesOf(options).slice();
    api.check(api.DisableCpuMemArena(options), "set the session's arena");
    const pattern = clearedFlag(initial, withoutPattern);
    const arena = clearedFlag(withoutPattern, bytesOf(options));
    if (pattern === null || arena !== pattern + 2 || initial[pattern + 1] !== 1) return null;
    return pattern + 1;
  } finally {
    api.ReleaseSessionOptions(options);
  }
}

/** Clears the flag in an option object. */
export function planNoReuse(options: Deno.PointerObject, flag: number | null): void {
  if (flag !== null) bytesOf(options)[flag] = 0;
}

function bytesOf(options: Deno.PointerObject): Uint8Array {
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(options, SEEN_BYTES));
}

/** The one byte that went from 1 to 0; null if that is not all that changed. */
function clearedFlag(before: Uint8Array, after: Uint8Array): number | null {
  const changed = [...before.keys()].filter((at) => before[at] !== after[at]);
  return changed.length === 1 && before[changed[0]!] === 1 && after[changed[0]!] === 0 ? changed[0]! : null;
}
