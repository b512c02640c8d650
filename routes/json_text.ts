/**
 * What JSON text may hold before a parser or a schema looks at it: so many levels, containers and keys, that either stays
 * quick; and no key that would vanish in silence, said twice or taken for JavaScript's own.
 */
import { invalid, UserError } from "../core/errors.ts";

const MAX_DEPTH = 64;
/** Objects and arrays. Messages are the smallest that are of use, and a body has room for fewer. */
const MAX_CONTAINERS = 300_000;
/** Keys of an object; no schema has as many. */
const MAX_KEYS = 1000;

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** Keys that assigning to an object, or merging it, does not keep as they are. */
const RESERVED: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Where the string that begins at `start` ends, behind its last quote; the text's length if it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end + 1;
  }
  return text.length;
}

/**
 * Refuses text that would take a parser long; what is no JSON at all is left to the parser.
 *
 * @throws UserError `invalid_json`
 */
export function requireModestJson(text: string): void {
  let containers = 0;
  /** Commas of each open container that is an object; of arrays they are not counted. */
  const commas: number[] = [];
  const tooMany = (what: string) => new UserError("invalid_json", `The body ${what}`);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      commas.push(code === OPEN_OBJECT ? 0 : -Infinity);
      if (commas.length > MAX_DEPTH) throw tooMany(`nests deeper than ${MAX_DEPTH} levels`);
      if (++containers > MAX_CONTAINERS) throw tooMany(`has more than ${MAX_CONTAINERS} objects and arrays`);
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) commas.pop();
    else if (code === COMMA && commas.length > 0 && ++commas[commas.length - 1]! >= MAX_KEYS) {
      throw tooMany(`has an object with more than ${MAX_KEYS} keys`);
    }
  }
}

/** An open container of the text. */
interface Level {
  /** Keys so far; null for an array. */
  keys: Set<string> | null;
  /** The key or the index that the text is at. */
  at: string | number;
}

/**
 * Refuses keys that `JSON.parse` and what comes after it would drop or replace without a word.
 *
 * @param text valid JSON
 * @throws UserError naming the key by its path
 */
export function requirePlainKeys(text: string): void {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      const level = levels.at(-1);
      let next = end;
      while (text.charCodeAt(next) <= 0x20) next++;
      if (level?.keys && text.charCodeAt(next) === COLON) {
        const raw = text.slice(at + 1, end - 1);
        const key = raw.includes("\\") ? JSON.parse(`"${raw}"`) as string : raw;
        level.at = key;
        const path = () => levels.map((one) => one.at).join(".");
        if (RESERVED.has(key)) throw invalid(path(), `Expected another key: '${key}' is JavaScript's own`);
        if (level.keys.has(key)) throw invalid(path(), "Expected each key once: the object has it twice");
        level.keys.add(key);
      }
      at = end - 1;
    } else if (code === OPEN_OBJECT) levels.push({ keys: new Set(), at: "" });
    else if (code === OPEN_ARRAY) levels.push({ keys: null, at: 0 });
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) levels.pop();
    else if (code === COMMA) {
      const level = levels.at(-1)!;
      if (typeof level.at === "number") level.at++;
    }
  }
}
