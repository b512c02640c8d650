/**
 * JSON as an untrusted file holds it: bounded by its caller, UTF-8 only, and an object that says the same key
 * twice is refused (`JSON.parse` keeps the last one in silence, and another reader may keep the first).
 */
import { cutText } from "../cut_text.ts";
import { UserError } from "../errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Deeper than any file of a model: parsers take memory and time for each level, and writers end in a full stack. */
const MAX_DEPTH = 64;

/**
 * The value of JSON text or UTF-8 bytes. `file` names the source in messages.
 * @throws {UserError} `damaged_model` when it is not UTF-8, not JSON or nested too deeply
 */
export function parseJson(source: string | Uint8Array, file: string): unknown {
  return parse(source, file).value;
}

/**
 * `parseJson` for files in which a repeated key would matter.
 * @param maxObjects more are refused before they are made
 * @throws {UserError} `damaged_model` also when an object repeats a key
 */
export function parseStrictJson(source: string | Uint8Array, file: string, maxObjects = Infinity): unknown {
  const { value, text } = parse(source, file, maxObjects);
  const repeated = repeatedKey(text);
  if (repeated !== null) throw new UserError("damaged_model", `${file} has the key ${quote(repeated)} twice`);
  return value;
}

function parse(
  source: string | Uint8Array,
  file: string,
  maxObjects = Infinity,
): { value: unknown; text: string } {
  let text: string;
  try {
    text = typeof source === "string" ? source : utf8.decode(source);
  } catch {
    throw new UserError("damaged_model", `${file} is not UTF-8 text`);
  }
  checkExtent(text, file, maxObjects);
  try {
    return { value: JSON.parse(text), text };
  } catch {
    throw new UserError("damaged_model", `${file} is not JSON`);
  }
}

/** Looks at brackets only, before anything is made of them; what else is wrong the parser says. */
function checkExtent(text: string, file: string, maxObjects: number): void {
  let depth = 0, objects = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) {
        if (text.charCodeAt(at) === 0x5c) at++;
      }
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) {
        throw new UserError("damaged_model", `${file} nests deeper than ${MAX_DEPTH} levels`);
      }
      if (code === 0x7b && ++objects > maxObjects) {
        throw new UserError("damaged_model", `${file} holds more than ${maxObjects} objects`);
      }
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}

/** Whether a parsed value is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as messages show it: JSON, cut so that a hostile file cannot fill a log. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 120 ? text : `${cutText(text, 117)}…`;
}

/** The first key that an object of valid JSON `text` has twice, or null. */
function repeatedKey(text: string): string | null {
  const colon = /\s*:/y;
  const open: (Set<string> | null)[] = []; // keys of each open object; null for an array
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{") open.push(new Set());
    else if (char === "[") open.push(null);
    else if (char === "}" || char === "]") open.pop();
    else if (char === '"') {
      const start = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === "\\") at++;
      const keys = open.at(-1);
      colon.lastIndex = at + 1;
      if (!keys || !colon.test(text)) continue;
      const key = JSON.parse(text.slice(start, at + 1)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}
