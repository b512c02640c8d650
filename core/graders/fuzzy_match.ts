/** rapidfuzz's `fuzz.ratio`, as a share: twice the common subsequence over both lengths, by code points. */
import { commonSubsequence } from "./common_subsequence.ts";

export function fuzzyMatch(input: string, reference: string): number {
  const a = codePoints(input), b = codePoints(reference);
  if (a.length + b.length === 0) return 1;
  return 2 * commonSubsequence(a, b) / (a.length + b.length);
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}
