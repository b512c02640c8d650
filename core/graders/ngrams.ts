/** Runs of words and how often each occurs. */

/** What Python's `str.split()` splits at: JavaScript's white space has one character more, and lacks five. */
// deno-lint-ignore no-control-regex -- four of them are control characters
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Words as Python's `str.split()` gives them. */
export function words(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== "");
}

/** How often each run of `n` words occurs. */
export function ngrams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at + n <= words.length; at++) {
    // Words have no white space of this kind in them.
    const run = words.slice(at, at + n).join(" ");
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

/** How many runs both have, each as often as both have it. */
export function overlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [run, count] of a) shared += Math.min(count, b.get(run) ?? 0);
  return shared;
}
