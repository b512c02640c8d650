/** Python's view of characters, where JavaScript's own differs: white space, titles, classes, lower case at a sigma. */
import { TemplateRefusal } from "./faults.ts";

/** What `str.isspace` and `\s` take for white space: U+001C to U+001F and U+0085 are, U+FEFF is not. */
export const SPACE = "\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const SPACES = new RegExp(`^[${SPACE}]+$`);
const DIGITS =
  /^[\p{Nd}\u00b2\u00b3\u00b9\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}]+$/u;

/** Every character is of a class, and there is one. */
export const IS: Record<string, (text: string) => boolean> = {
  isspace: (text) => SPACES.test(text),
  isalpha: (text) => /^\p{L}+$/u.test(text),
  isdecimal: (text) => /^\p{Nd}+$/u.test(text),
  isdigit: (text) => DIGITS.test(text),
  isnumeric(text) {
    if (/\p{Script=Han}/u.test(text)) throw new TemplateRefusal("isnumeric of Chinese characters");
    return /^\p{N}+$/u.test(text);
  },
  isalnum: (text) => /^[\p{L}\p{N}]+$/u.test(text),
  // deno-lint-ignore no-control-regex -- ASCII has control characters
  isascii: (text) => /^[\x00-\x7f]*$/.test(text),
  isidentifier: (text) => /^[\p{XIDS}_][\p{XIDC}]*$/u.test(text),
  isprintable: (text) => [...text].every(isPrintable),
  islower: (text) => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text),
  isupper: (text) => /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text),
  istitle(text) {
    let cased = false, any = false;
    for (const character of text) {
      const upper = /[\p{Uppercase}\p{Lt}]/u.test(character), lower = /\p{Lowercase}/u.test(character);
      if ((upper && cased) || (lower && !cased)) return false;
      cased = upper || lower;
      any ||= cased;
    }
    return any;
  },
};

/** Whether `repr` writes a character as it is. */
export function isPrintable(character: string): boolean {
  return character === " " || !/[\p{C}\p{Z}]/u.test(character);
}

/** The characters whose title is none of the first of their capitals and the rest small. */
const TITLES: Record<string, string> = {
  ŉ: "ʼN",
  Ǆ: "ǅ",
  ǆ: "ǅ",
  Ǉ: "ǈ",
  ǉ: "ǈ",
  Ǌ: "ǋ",
  ǌ: "ǋ",
  Ǳ: "ǲ",
  ǳ: "ǲ",
};

/** A character as it begins a word. */
function titled(character: string): string {
  if (/[\u10d0-\u10ff\p{Lt}]/u.test(character)) return character;
  const special = TITLES[character];
  if (special) return special;
  const [first = "", ...rest] = character.toUpperCase();
  if (rest.at(-1) === "\u0399" && character >= "\u1f80") { // an iota below a Greek letter stays below
    const below = [first, ...rest.slice(0, -1), "\u0345"].join("");
    return rest.length === 1 ? below.normalize("NFC") : below;
  }
  return first + rest.join("").toLowerCase();
}

const CASED = /[\p{Cased}]/u;
const IGNORED = /\p{Case_Ignorable}/u;

/** The characters of a text in lower case, each by itself; a sigma that ends a word of the text is ς. */
function lowered(characters: readonly string[]): string[] {
  const cased = (at: number, step: number) => {
    let index = at + step;
    while (index >= 0 && index < characters.length && IGNORED.test(characters[index]!)) index += step;
    return CASED.test(characters[index] ?? "");
  };
  return characters.map((character, at) => {
    if (character !== "Σ") return character.toLowerCase();
    return cased(at, -1) && !cased(at, 1) ? "ς" : "σ";
  });
}

/** `str.title`: letters that follow no letter as titles, all others small. */
export function titleCase(text: string): string {
  const characters = Array.from(text);
  const small = lowered(characters);
  let cased = false;
  return characters.map((character, at) => {
    const written = cased ? small[at]! : titled(character);
    cased = CASED.test(character);
    return written;
  }).join("");
}

/** `str.capitalize`. */
export function capitalized(text: string): string {
  const characters = Array.from(text);
  return characters.length === 0 ? "" : titled(characters[0]!) + lowered(characters).slice(1).join("");
}

/** `str.swapcase`. */
export function swapped(text: string): string {
  const characters = Array.from(text);
  const small = lowered(characters);
  return characters.map((character, at) => {
    if (/\p{Uppercase}/u.test(character)) return small[at]!;
    return /\p{Lowercase}/u.test(character) ? character.toUpperCase() : character;
  }).join("");
}
