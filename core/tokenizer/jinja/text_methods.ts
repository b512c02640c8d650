/** Methods of Python's str. */
import { bind, intArgument, type Parameters, textArgument } from "./arguments.ts";
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { capitalized, IS, SPACE, swapped, titleCase } from "./unicode.ts";
import { countPoints, defined, iterate, type Kwargs, points, Tuple, typeName, type Value } from "./values.ts";

type Method = (self: string, args: readonly Value[], kwargs: Kwargs) => Value;
type Given = (Value | undefined)[];

/** A text that a method makes must not be longer. */
export const MAX_TEXT = 16_000_000;

export function repeated(piece: string, count: number): string {
  if (count <= 0) return "";
  if (piece.length * count > MAX_TEXT) throw new TemplateRefusal("A text this long");
  return piece.repeat(count);
}

const method = (
  name: string,
  parameters: Parameters,
  run: (self: string, given: Given) => Value,
  named = false,
): [string, Method] => [name, (self, args, kwargs) => run(self, bind(name, parameters, args, kwargs, named))];

/** `strip`, `lstrip` and `rstrip`: of the characters given, or white space. */
export function strip(
  self: string,
  characters: Value | undefined,
  ends: { left: boolean; right: boolean },
): string {
  if (characters === undefined || characters === null) {
    if (ends.left) self = self.replace(LEFT, "");
    if (ends.right) self = self.slice(0, endOf(self));
    return self;
  }
  const off = new Set(textArgument(characters, "strip arg"));
  const all = points(self);
  let start = 0, end = all.length;
  while (ends.left && start < end && off.has(all[start]!)) start++;
  while (ends.right && start < end && off.has(all[end - 1]!)) end--;
  const kept = all.slice(start, end);
  return typeof kept === "string" ? kept : kept.join("");
}

const LEFT = new RegExp(`^[${SPACE}]+`);
const SPACE_UNIT = new RegExp(`[${SPACE}]`);

/** Where the white space at a text's end begins. */
function endOf(self: string): number {
  let end = self.length;
  while (end > 0 && SPACE_UNIT.test(self[end - 1]!)) end--;
  return end;
}

/** `str.split`; from the right with `right`. */
function split(
  self: string,
  separator: Value | undefined,
  limit: Value | undefined,
  right: boolean,
): string[] {
  const most = intArgument(limit, -1, "maxsplit");
  if (separator === undefined || separator === null) {
    const words = [...self.matchAll(new RegExp(`[^${SPACE}]+`, "g"))];
    if (most < 0 || words.length <= most) return words.map(([word]) => word);
    if (!right) {
      const kept = words.slice(0, most).map(([word]) => word);
      return [...kept, self.slice(words[most]!.index)];
    }
    const kept = words.slice(words.length - most);
    const last = words[words.length - most - 1]!;
    const rest = self.slice(0, last.index + last[0].length);
    return [rest, ...kept.map(([word]) => word)];
  }
  const by = textArgument(separator, "sep");
  if (by === "") throw new TemplateFault("empty separator");
  if (!right) {
    const parts = self.split(by);
    return most < 0 || parts.length <= most + 1
      ? parts
      : [...parts.slice(0, most), parts.slice(most).join(by)];
  }
  const parts: string[] = [];
  let rest = self;
  while (most < 0 || parts.length < most) {
    const at = rest.lastIndexOf(by);
    if (at < 0) break;
    parts.unshift(rest.slice(at + by.length));
    rest = rest.slice(0, at);
  }
  return [rest, ...parts];
}

/** Line ends of more kinds than a line feed: U+001C to U+001E are among them. */
const LINE_END = new RegExp(`\r\n|[\n\v\f\r${"\x1c"}-${"\x1e"}\x85\u2028\u2029]`, "g");

/** `str.splitlines`: at more characters than a line feed. */
export function splitLines(self: string, keep = false): string[] {
  const lines: string[] = [];
  let from = 0;
  for (const { 0: end, index } of self.matchAll(LINE_END)) {
    lines.push(self.slice(from, keep ? index + end.length : index));
    from = index + end.length;
  }
  if (from < self.length) lines.push(self.slice(from));
  return lines;
}

/** The part from `start` to `end`, both in code points and either from the end, and how many precede it. */
function part(
  self: string,
  start: Value | undefined,
  end: Value | undefined,
): { inside: string; before: number; valid: boolean } {
  if ((start === undefined || start === null) && (end === undefined || end === null)) {
    return { inside: self, before: 0, valid: true };
  }
  const all = points(self);
  const place = (given: Value | undefined, fallback: number) => {
    const at = given === null ? fallback : intArgument(given, fallback, "slice indices");
    return at < 0 ? Math.max(0, at + all.length) : at;
  };
  const from = place(start, 0), to = Math.min(place(end, all.length), all.length);
  const kept = all.slice(from, Math.max(from, to));
  return { inside: typeof kept === "string" ? kept : kept.join(""), before: from, valid: from <= to };
}

/** Where a text is found, in code points; -1 where it is not. */
function find(self: string, [wanted, start, end]: Given, last: boolean): number {
  const { inside, before, valid } = part(self, start, end);
  const looked = textArgument(wanted, "argument");
  if (!valid) return -1;
  const at = last ? inside.lastIndexOf(looked) : inside.indexOf(looked);
  return at < 0 ? -1 : before + countPoints(inside.slice(0, at));
}

function found(at: number): bigint {
  if (at < 0) throw new TemplateFault("substring not found");
  return BigInt(at);
}

/** Whether a text begins or ends with one of the texts given. */
function edge(self: string, [wanted, start, end]: Given, name: "startsWith" | "endsWith"): boolean {
  const { inside, valid } = part(self, start, end);
  const texts = wanted instanceof Tuple ? wanted.items : [wanted];
  return texts.some((one) => {
    const looked = textArgument(one, `${name.toLowerCase()} first arg`);
    return valid && inside[name](looked);
  });
}

function replace(self: string, [old, by, limit]: Given): string {
  const from = textArgument(old, "replace() argument 1"), to = textArgument(by, "replace() argument 2");
  let left = intArgument(limit, -1, "count");
  if (left < 0 && from !== "") return self.replaceAll(from, () => to);
  const parts = from === "" ? ["", ...self] : self.split(from);
  if (from === "") parts.push("");
  let written = parts[0]!;
  for (const piece of parts.slice(1)) written += (left === 0 ? from : (left--, to)) + piece;
  return written;
}

function fill(self: string, [width, filler]: Given, side: "left" | "right" | "center"): string {
  const character = filler === undefined ? " " : textArgument(filler, "fillchar");
  if (countPoints(character) !== 1) {
    throw new TemplateFault("The fill character must be exactly one character long");
  }
  const wide = intArgument(width, 0, "width");
  const room = wide - countPoints(self);
  if (room <= 0) return self;
  const before = side === "left" ? 0 : side === "right" ? room : Math.floor(room / 2) + (room & wide & 1);
  return repeated(character, before) + self + repeated(character, room - before);
}

function expandTabs(self: string, [size]: Given): string {
  const every = intArgument(size, 8, "tabsize");
  let column = 0, written = "";
  for (const character of self) {
    if (character === "\t") {
      const room = every > 0 ? every - column % every : 0;
      written += " ".repeat(room), column += room;
    } else {
      written += character;
      column = character === "\n" || character === "\r" ? 0 : column + 1;
    }
  }
  return written;
}

function partition(self: string, [wanted]: Given, last: boolean): Tuple {
  const by = textArgument(wanted, "sep");
  if (by === "") throw new TemplateFault("empty separator");
  const at = last ? self.lastIndexOf(by) : self.indexOf(by);
  if (at < 0) return new Tuple(last ? ["", "", self] : [self, "", ""]);
  return new Tuple([self.slice(0, at), by, self.slice(at + by.length)]);
}

/** `separator.join(items)`: every item must be a str. */
function joinTexts(separator: string, items: Value): string {
  return Array.from(iterate(defined(items)), (item, at) => {
    if (typeof item === "string") return item;
    return textArgument(item, `sequence item ${at}: expected str instance, ${typeName(item)} found: it`);
  }).join(separator);
}

function zeroFill(self: string, [width]: Given): string {
  const room = intArgument(width, 0, "width") - countPoints(self);
  const sign = /^[+-]/.test(self) ? self[0]! : "";
  return sign + repeated("0", room) + self.slice(sign.length);
}

function count(self: string, [wanted, start, end]: Given): bigint {
  const { inside, valid } = part(self, start, end);
  const looked = textArgument(wanted, "argument");
  if (!valid) return 0n;
  return looked === "" ? BigInt(countPoints(inside) + 1) : BigInt(inside.split(looked).length - 1);
}

/** By name; `format` and `format_map` are made where elements can be looked up. */
export const TEXT_METHODS: ReadonlyMap<string, Method> = new Map([
  method("strip", ["chars"], (self, [chars]) => strip(self, chars, { left: true, right: true })),
  method("lstrip", ["chars"], (self, [chars]) => strip(self, chars, { left: true, right: false })),
  method("rstrip", ["chars"], (self, [chars]) => strip(self, chars, { left: false, right: true })),
  method("split", ["sep", "maxsplit"], (self, [by, limit]) => split(self, by, limit, false), true),
  method("rsplit", ["sep", "maxsplit"], (self, [by, limit]) => split(self, by, limit, true), true),
  method("splitlines", ["keepends"], (self, [keep]) => splitLines(self, Boolean(keep)), true),
  method("upper", [], (self) => self.toUpperCase()),
  method("lower", [], (self) => self.toLowerCase()),
  method("title", [], titleCase),
  method("capitalize", [], capitalized),
  method("swapcase", [], swapped),
  method("startswith", ["prefix/", "start", "end"], (self, given) => edge(self, given, "startsWith")),
  method("endswith", ["suffix/", "start", "end"], (self, given) => edge(self, given, "endsWith")),
  method("find", ["sub/", "start", "end"], (self, given) => BigInt(find(self, given, false))),
  method("rfind", ["sub/", "start", "end"], (self, given) => BigInt(find(self, given, true))),
  method("index", ["sub/", "start", "end"], (self, given) => found(find(self, given, false))),
  method("rindex", ["sub/", "start", "end"], (self, given) => found(find(self, given, true))),
  method("count", ["sub/", "start", "end"], count),
  method("replace", ["old/", "new/", "count"], replace),
  method("join", ["iterable/"], (self, [items]) => joinTexts(self, items!)),
  method("partition", ["sep/"], (self, given) => partition(self, given, false)),
  method("rpartition", ["sep/"], (self, given) => partition(self, given, true)),
  method("ljust", ["width/", "fillchar"], (self, given) => fill(self, given, "left")),
  method("rjust", ["width/", "fillchar"], (self, given) => fill(self, given, "right")),
  method("center", ["width/", "fillchar"], (self, given) => fill(self, given, "center")),
  method("zfill", ["width/"], zeroFill),
  method("expandtabs", ["tabsize"], expandTabs, true),
  method("removeprefix", ["prefix/"], (self, [given]) => {
    const prefix = textArgument(given, "removeprefix() argument");
    return self.startsWith(prefix) ? self.slice(prefix.length) : self;
  }),
  method("removesuffix", ["suffix/"], (self, [given]) => {
    const suffix = textArgument(given, "removesuffix() argument");
    return suffix !== "" && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
  }),
  ...Object.entries(IS).map(([name, is]) => method(name, [], (self) => is(self))),
]);

/** Python's other methods of str, whose results are not made here. */
export const REFUSED_TEXT_METHODS = ["casefold", "encode", "maketrans", "translate"];

/** `int(value)`, as Python reads integers in texts; nothing for what it refuses. */
export function parseInt_(self: string, base = 10): bigint | undefined {
  const written = strip(self, undefined, { left: true, right: true }).toLowerCase();
  if (/[^\0-\x7f]/.test(written) && /\p{Nd}/u.test(written)) {
    throw new TemplateRefusal("A number in other digits than 0 to 9");
  }
  const [, sign = "", prefix = "", digits = ""] =
    /^([+-]?)(0[xob](?=_?[0-9a-z]))?_?([0-9a-z]+(?:_[0-9a-z]+)*)$/.exec(written) ?? [];
  if (digits === "") return undefined;
  const bases: Record<string, number> = { "0x": 16, "0o": 8, "0b": 2 };
  const own = prefix === "" ? base : bases[prefix]!;
  let all = digits.replaceAll("_", "");
  if (prefix !== "" && own !== base && base !== 0) {
    if (base <= 11) return undefined;
    all = prefix + all; // 0b1 is a number to base 16
  }
  const effective = base === 0 ? prefix === "" ? 10 : own : base;
  if (base === 0 && prefix === "" && /^0+[1-9]/.test(all)) return undefined;
  if (written.includes("_") && prefix === "" && /^[+-]?_/.test(written)) return undefined;
  let value = 0n;
  for (const digit of all) {
    const worth = Number.parseInt(digit, 36);
    if (worth >= effective) return undefined;
    value = value * BigInt(effective) + BigInt(worth);
  }
  return sign === "-" ? -value : value;
}

/** `float(value)` of a text; nothing for what Python refuses. */
export function parseFloat_(self: string): number | undefined {
  const written = strip(self, undefined, { left: true, right: true });
  if (/[^\0-\x7f]/.test(written) && /\p{Nd}/u.test(written)) {
    throw new TemplateRefusal("A number in other digits than 0 to 9");
  }
  const word = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(written);
  if (word) return word[2]!.toLowerCase() === "nan" ? NaN : word[1] === "-" ? -Infinity : Infinity;
  const number = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
  return number.test(written) ? Number(written.replaceAll("_", "")) : undefined;
}
