/**
 * Users' regular expressions, run by RE2's algorithm: time grows with the text, never exponentially, so no pattern
 * can hang a job, and a match never depends on the machine's speed. The price is RE2's syntax: no backreferences,
 * no lookahead.
 */
import { RE2JS, RE2JSSyntaxException } from "re2js";

const FLAGS = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL } as const;

/**
 * Counted repeats are unrolled: x{1000} is a thousand instructions. This bounds them, estimated as length times
 * the product of all counts (RE2 allows none above 1000, nested ones multiplied), so that compiling takes
 * milliseconds.
 */
const MAX_PROGRAM = 30_000;

function estimateProgram(pattern: string): number {
  const counts = Array.from(pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g), ([, min, max]) => Number(max || min));
  return pattern.length * Math.min(1000, counts.reduce((product, count) => product * Math.max(1, count), 1));
}

/**
 * A compiled pattern.
 *
 * @param flags any of i (ignore case), m (^ and $ at lines), s (. matches line breaks)
 * @throws {RangeError} saying what is wrong with the pattern
 */
export function compilePattern(pattern: string, flags: string): { found(text: string): boolean } {
  if (estimateProgram(pattern) > MAX_PROGRAM) {
    throw new RangeError(
      "The counted repeats are too large for a pattern this long; use smaller counts or + and *",
    );
  }
  try {
    const bits = Array.from(flags, (flag) => FLAGS[flag as keyof typeof FLAGS]).reduce(
      (all, bit) => all | bit,
      0,
    );
    const compiled = RE2JS.compile(pattern, bits);
    return { found: (text) => compiled.matcher(text).find() };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw new RangeError(error.message, { cause: error });
    throw error;
  }
}
