/** What somebody else says of completions, checked: a service's answer, or what a module gives. Nothing in it is trusted. */
import type { Scored } from "../contract/reward_question.ts";

/** How many names an answer may have for what else it says of rows. */
const MAX_TERMS = 16;
const TERM_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;
/** The largest float32. */
const MAX_SCORE = 3.4028234e38;

/** What was given in place of scores, as a whole. */
export class BadScores extends Error {}

/**
 * The scores of `rows` completions.
 *
 * @param given A list with a number for each, or `{ score, terms }`; rows whose entry is neither have a fault instead.
 * @throws BadScores when it is no such list
 */
export function readScores(given: unknown, rows: number): Scored {
  if (!Array.isArray(given)) throw new BadScores(`Expected a list of ${rows} scores, got ${kindOf(given)}`);
  if (given.length !== rows) {
    throw new BadScores(`Expected ${rows} scores, one for each item, got ${given.length}`);
  }
  const terms = new Map<string, (number | null)[]>();
  const faults: Scored["faults"] = [];
  const scores = Array.from(given, (entry: unknown, row) => {
    const { score, more } = partsOf(entry);
    const fault = faultOf(score) ?? termsFault(more, terms);
    if (fault !== null) {
      faults.push({ row, message: fault });
      return null;
    }
    for (const [name, value] of more) {
      const column = terms.get(name) ?? Array(rows).fill(null);
      column[row] = value;
      terms.set(name, column);
    }
    return score as number;
  });
  return { type: "scored", scores, terms: Object.fromEntries(terms), faults };
}

/** The score of an entry, and what else it says. */
function partsOf(entry: unknown): { score: unknown; more: [string, unknown][] } {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return { score: entry, more: [] };
  const { score, terms } = entry as { score?: unknown; terms?: unknown };
  const isObject = typeof terms === "object" && terms !== null && !Array.isArray(terms);
  if (terms !== undefined && !isObject) return { score, more: [["", terms]] };
  return { score, more: isObject ? Object.entries(terms) : [] };
}

/** Why a value is no score; null where it is one. */
function faultOf(value: unknown): string | null {
  if (typeof value !== "number") return `Expected a number, got ${kindOf(value)}`;
  if (Math.abs(value) <= MAX_SCORE) return null;
  return `Expected a finite number within float32's range, got ${value}`;
}

function termsFault(
  more: readonly [string, unknown][],
  known: ReadonlyMap<string, unknown>,
): string | null {
  let added = known.size;
  for (const [name, value] of more) {
    if (name === "") return `Expected terms as an object of numbers, got ${kindOf(value)}`;
    if (!TERM_NAME.test(name)) {
      return "Expected names of terms of a letter and up to 39 letters, digits, '_' and '-' more";
    }
    if (!known.has(name) && ++added > MAX_TERMS) return `Expected at most ${MAX_TERMS} names of terms`;
    const fault = faultOf(value);
    if (fault !== null) return `terms.${name}: ${fault}`;
  }
  return null;
}

/** What a value is, without quoting it: it may be long, or not for everybody. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return { string: "a text", boolean: "a boolean", object: "an object" }[typeof value as string] ??
    `a ${typeof value}`;
}
