/** jinja2's filters, but for those whose text is of no use in a prompt or is drawn by chance: these are refused. */
import { binary } from "./arithmetic.ts";
import { bind, intArgument, type Parameters, textArgument } from "./arguments.ts";
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { percentFormat } from "./formats.ts";
import { elementOf, onlyAttribute } from "./lookup.ts";
import { fixed, scaled, text } from "./printing.ts";
import { parseFloat_, parseInt_, repeated, splitLines, strip, TEXT_METHODS } from "./text_methods.ts";
import { toJson } from "./to_json.ts";
import { capitalized, SPACE } from "./unicode.ts";
import {
  countPoints,
  defined,
  Dict,
  equal,
  given,
  hashKey,
  isNumber,
  iterable,
  iterate,
  type Kwargs,
  Lazy,
  lengthOf,
  less,
  Markup,
  numeric,
  points,
  reversed,
  truth,
  Tuple,
  typeName,
  Undefined,
  unmarked,
  type Value,
} from "./values.ts";

/** Filters and tests by name, for those that apply others. */
export interface Environment {
  filter(name: string, value: Value, args: readonly Value[], kwargs: Kwargs): Value;
  test(name: string, value: Value, args: readonly Value[], kwargs: Kwargs): boolean;
}

type Filter = (value: Value, args: readonly Value[], kwargs: Kwargs, environment: Environment) => Value;
type Given = (Value | undefined)[];

const filter = (
  name: string,
  parameters: Parameters,
  run: (value: Value, given: Given, environment: Environment) => Value,
): [string, Filter] => [
  name,
  (value, args, kwargs, environment) => run(value, bind(name, parameters, args, kwargs), environment),
];

const yes = (value: Value | undefined) => value !== undefined && truth(value);
const soft = (value: Value) => text(unmarked(value));

/** `ignore_case`: texts in lower case, all else as it is. */
const folded = (value: Value) => typeof value === "string" ? value.toLowerCase() : unmarked(value);

/** What `attribute="a.0.b"` picks out of an item. */
function picker(
  attribute: Value | undefined,
  { fold = false, fallback }: { fold?: boolean; fallback?: Value } = {},
): (item: Value) => Value {
  const parts: Value[] = attribute === undefined || attribute === null
    ? []
    : typeof attribute === "string"
    ? attribute.split(".").map((part) => /^\d+$/.test(part) ? BigInt(part) : part)
    : [attribute];
  return (item) => {
    for (const part of parts) {
      item = elementOf(item, part);
      if (fallback !== undefined && fallback !== null && item instanceof Undefined) item = fallback;
    }
    return fold ? folded(item) : item;
  };
}

/** `sorted(items, key, reverse)`: equal items stay as they are. */
function sorted(items: Value[], key: (item: Value) => Value, backwards: boolean): Value[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  if (backwards) keyed.reverse();
  keyed.sort((a, b) => less(a.key, b.key) ? -1 : less(b.key, a.key) ? 1 : 0);
  if (backwards) keyed.reverse();
  return keyed.map(({ item }) => item);
}

function extreme(value: Value, [sensitive, attribute]: Given, smaller: boolean): Value {
  const key = picker(attribute, { fold: !yes(sensitive) });
  let best: { item: Value; key: Value } | undefined;
  for (const item of iterate(value)) {
    const own = key(item);
    if (!best || (smaller ? less(own, best.key) : less(own, best.key, ">"))) best = { item, key: own };
  }
  return best ? best.item : new Undefined("No aggregated item, sequence was empty.");
}

function* unique(value: Value, [sensitive, attribute]: Given): Iterable<Value> {
  const key = picker(attribute, { fold: !yes(sensitive) });
  const seen = new Set<unknown>();
  for (const item of iterate(value)) {
    const hash = hashKey(key(item));
    if (!seen.has(hash)) yield item;
    seen.add(hash);
  }
}

function groupBy(value: Value, [attribute, fallback, sensitive]: Given): Value {
  const key = picker(attribute, { fold: !yes(sensitive), fallback });
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted([...iterate(value)], key, false)) {
    const own = key(item), last = groups.at(-1);
    if (last && equal(last.key, own)) last.items.push(item);
    else groups.push({ key: own, items: [item] });
  }
  const plain = picker(attribute, { fallback });
  return groups.map(({ key: own, items }) =>
    new Tuple([yes(sensitive) ? own : plain(items[0]!), items], ["grouper", "list"])
  );
}

function dictSort(value: Value, [sensitive, by, backwards]: Given): Value {
  if (!(value instanceof Dict)) {
    throw new TemplateFault(`'${typeName(defined(value))}' object has no attribute 'items'`);
  }
  const at = by === undefined || by === "key" ? 0 : by === "value" ? 1 : -1;
  if (at < 0) throw new TemplateFault('You can only sort by either "key" or "value"');
  const key = (pair: Value) => {
    const part = (pair as Tuple).items[at]!;
    return yes(sensitive) ? part : folded(part);
  };
  return sorted(Array.from(value.entries(), (pair) => new Tuple(pair)), key, yes(backwards));
}

/** The filter that `map` is to apply, or the attribute it picks. */
function mapped(args: readonly Value[], kwargs: Kwargs, environment: Environment): (item: Value) => Value {
  if (args.length === 0 && kwargs.has("attribute")) {
    const [attribute, fallback] = bind("map", ["attribute", "default"], [], kwargs);
    return picker(attribute, { fallback });
  }
  if (args.length === 0) throw new TemplateFault("map requires a filter argument");
  const name = textArgument(args[0], "the filter's name");
  return (item) => environment.filter(name, item, args.slice(1), kwargs);
}

/** `select`, `reject` and their forms for attributes. */
const selecting = (name: string, wanted: boolean, byAttribute: boolean): [string, Filter] => [
  name,
  (value, args, kwargs, environment) => {
    function* kept(): Iterable<Value> {
      if (!truth(value)) return;
      if (byAttribute && args.length === 0) throw new TemplateFault("Missing parameter for attribute name");
      const pick = byAttribute ? picker(args[0]) : (item: Value) => item;
      const rest = byAttribute ? args.slice(1) : args;
      const test = rest.length === 0 ? undefined : textArgument(rest[0], "the test's name");
      for (const item of iterate(value)) {
        const picked = pick(item);
        const passes = test === undefined
          ? truth(picked)
          : environment.test(test, picked, rest.slice(1), kwargs);
        if (passes === wanted) yield item;
      }
    }
    return new Lazy(kept());
  },
];

function* batched(value: Value, [size, filler]: Given): Iterable<Value> {
  const count = intArgument(size, 0, "linecount");
  let row: Value[] = [];
  for (const item of iterate(value)) {
    if (row.length === count) {
      yield row;
      row = [];
    }
    row.push(item);
  }
  if (row.length === 0) return;
  if (filler !== undefined && filler !== null) { while (row.length < count) row.push(filler); }
  yield row;
}

function* sliced(value: Value, [slices, filler]: Given): Iterable<Value> {
  const items = [...iterate(value)];
  const count = intArgument(slices, 0, "slices");
  if (count === 0) throw new TemplateFault("integer division or modulo by zero");
  const each = Math.floor(items.length / count), more = items.length % count;
  let from = 0;
  for (let slice = 0; slice < count; slice++) {
    const size = each + (slice < more ? 1 : 0);
    const part = items.slice(from, from + size);
    if (filler !== undefined && filler !== null && slice >= more) part.push(filler);
    yield part;
    from += size;
  }
}

function toInt(value: Value, [fallback, base]: Given): Value {
  const plain = unmarked(defined(value));
  const otherwise = given(fallback, 0n);
  if (typeof plain === "string") {
    const whole = parseInt_(plain, intArgument(base, 10, "base"));
    if (whole !== undefined) return whole;
    const float = parseFloat_(plain);
    return float !== undefined && Number.isFinite(float) ? BigInt(Math.trunc(float)) : otherwise;
  }
  if (!isNumber(plain)) return otherwise;
  const number = numeric(plain);
  if (typeof number === "bigint") return number;
  if (Number.isFinite(number)) return BigInt(Math.trunc(number));
  if (Number.isNaN(number)) return otherwise;
  throw new TemplateFault("cannot convert float infinity to integer");
}

function toFloat(value: Value, [fallback]: Given): Value {
  const plain = unmarked(defined(value));
  if (typeof plain === "string") return parseFloat_(plain) ?? given<Value>(fallback, 0);
  return isNumber(plain) ? Number(numeric(plain)) : given(fallback, 0);
}

function round(value: Value, [precision, method]: Given): Value {
  const how = given(method, "common");
  if (how !== "common" && how !== "ceil" && how !== "floor") {
    throw new TemplateFault("method must be common, ceil or floor");
  }
  const plain = defined(value);
  if (!isNumber(plain)) throw new TemplateFault(`type ${typeName(plain)} doesn't define __round__ method`);
  const number = numeric(plain);
  const places = intArgument(precision, 0, "precision");
  if (how !== "common") {
    const factor = binary("**")(10n, BigInt(places));
    const whole = Number(binary("*")(number, factor));
    return binary("/")(BigInt(Math[how](whole)), factor);
  }
  if (typeof number === "bigint") {
    if (places >= 0) return number;
    const unit = 10n ** BigInt(-places), half = unit / 2n;
    const size = number < 0n ? -number : number;
    const rest = size % unit;
    const up = rest > half || (rest === half && (size / unit) % 2n === 1n);
    const result = size - rest + (up ? unit : 0n);
    return number < 0n ? -result : result;
  }
  if (!Number.isFinite(number) || places > 400) return number;
  const digits = scaled(number, places).toString();
  return Number(`${number < 0 || Object.is(number, -0) ? "-" : ""}${digits}e${-places}`);
}

function sum(value: Value, [attribute, start]: Given): Value {
  const pick = picker(attribute);
  const add = binary("+");
  let total = given<Value>(start, 0n);
  if (typeof total === "string") {
    throw new TemplateFault("sum() can't sum strings [use ''.join(seq) instead]");
  }
  for (const item of iterate(value)) total = add(total, pick(item));
  return total;
}

function indent(value: Value, [width, first, blank]: Given): Value {
  const plain = textArgument(value, "indent's text");
  const by = typeof width === "string" ? width : repeated(" ", intArgument(width, 4, "width"));
  const lines = splitLines(plain + "\n");
  const rest = lines.slice(1).map((line) => yes(blank) || line !== "" ? by + line : line);
  return (yes(first) ? by : "") + [lines[0] ?? "", ...rest].join("\n");
}

function truncate(value: Value, [length, kill, end, leeway]: Given): Value {
  const ending = textArgument(given(end, "..."), "end");
  const most = intArgument(length, 255, "length");
  const slack = leeway === undefined || leeway === null ? 5 : intArgument(leeway, 5, "leeway");
  if (most < countPoints(ending) || slack < 0) {
    throw new TemplateFault("expected length to hold the end, and leeway >= 0");
  }
  if (lengthOf(value) <= most + slack) return value;
  const all = points(textArgument(value, "truncate's text"));
  const cut = all.slice(0, most - countPoints(ending));
  const kept = typeof cut === "string" ? cut : cut.join("");
  const at = yes(kill) ? -1 : kept.lastIndexOf(" ");
  return (at < 0 ? kept : kept.slice(0, at)) + ending;
}

/** Words begin behind these. */
const BEGINNINGS = new RegExp(`([-${SPACE}({[<]+)`);

function title(value: Value): Value {
  return soft(value).split(BEGINNINGS).filter(Boolean).map((item) => {
    const [first = "", ...rest] = item;
    return first.toUpperCase() + rest.join("").toLowerCase();
  }).join("");
}

function quoted(value: Value, safe: string): string {
  let written = "";
  for (const byte of new TextEncoder().encode(text(unmarked(value)))) {
    const character = String.fromCharCode(byte);
    written += byte < 128 && (/[\w.~-]/.test(character) || safe.includes(character))
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return written;
}

function urlEncode(value: Value): Value {
  if (typeof value === "string" || !iterable(value)) return quoted(value, "/");
  const pairs = value instanceof Dict
    ? Array.from(value.entries(), (pair) => new Tuple(pair))
    : [...iterate(value)];
  const part = (item: Value) => quoted(item, "").replaceAll("%20", "+");
  return pairs.map((pair) => {
    const [key, item, ...more] = iterate(pair);
    if (key === undefined || item === undefined || more.length > 0) throw new TemplateFault("expected pairs");
    return `${part(key)}=${part(item)}`;
  }).join("&");
}

function fileSize(value: Value, [binaryUnits]: Given): Value {
  const bytes = toFloat(value, [new Undefined("not a number")]);
  if (typeof bytes !== "number") throw new TemplateFault("could not convert to float");
  const base = yes(binaryUnits) ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const units = [..."kMGTPEZY"].map((unit) => base === 1024 ? `${unit.toUpperCase()}iB` : `${unit}B`);
  let at = 0;
  while (at < units.length - 1 && bytes >= base ** (at + 2)) at++;
  return `${fixed(base * bytes / base ** (at + 2), 1)} ${units[at]}`;
}

const HTML: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };

function escape(value: Value): Value {
  if (value instanceof Markup) return value;
  return new Markup(text(value).replace(/[&<>'"]/g, (character) => HTML[character]!));
}

function reverse(value: Value): Value {
  if (typeof value === "string") return Array.from(value).reverse().join("");
  const items = reversed(unmarked(value));
  if (items) return new Lazy(items);
  return [...iterate(value)].reverse();
}

function last(value: Value): Value {
  const items = reversed(unmarked(value));
  if (!items) throw new TemplateFault(`'${typeName(value)}' object is not reversible`);
  for (const item of items) return item;
  return new Undefined("No last item, sequence was empty.");
}

function first(value: Value): Value {
  for (const item of iterate(value)) return item;
  return new Undefined("No first item, sequence was empty.");
}

const lengthFilter = (value: Value) => lengthOf(value);
const orDefault = (value: Value, [fallback, falsy]: Given) =>
  value instanceof Undefined || (yes(falsy) && !truth(value)) ? given(fallback, "") : value;

function absolute(value: Value): Value {
  const plain = defined(value);
  if (!isNumber(plain)) throw new TemplateFault(`bad operand type for abs(): '${typeName(plain)}'`);
  const number = numeric(plain);
  return typeof number === "bigint" ? (number < 0n ? -number : number) : Math.abs(number);
}

function items(value: Value): Value {
  if (value instanceof Undefined) return new Lazy([]);
  function* pairs(): Iterable<Value> {
    if (!(value instanceof Dict)) throw new TemplateFault("Can only get item pairs from a mapping.");
    for (const pair of value.entries()) yield new Tuple(pair);
  }
  return new Lazy(pairs());
}

function replace(value: Value, [old, by, count]: Given): Value {
  const limit = count === undefined || count === null ? [] : [count];
  return TEXT_METHODS.get("replace")!(text(value), [text(old!), text(by!), ...limit], new Map());
}

/** A generator's `next` may only take what `first` needs, so its iterator must not be closed. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map([
  filter("abs", [], absolute),
  filter("attr", ["name/"], (value, [name]) => onlyAttribute(value, textArgument(name, "attribute name"))),
  filter("batch", ["linecount/", "fill_with"], (value, given) => new Lazy(batched(value, given))),
  filter("capitalize", [], (value) => capitalized(soft(value))),
  filter(
    "center",
    ["width"],
    (value, [width]) => TEXT_METHODS.get("center")!(soft(value), [given(width, 80n)], new Map()),
  ),
  filter("count", [], lengthFilter),
  filter("length", [], lengthFilter),
  filter("d", ["default_value", "boolean"], orDefault),
  filter("default", ["default_value", "boolean"], orDefault),
  filter("dictsort", ["case_sensitive", "by", "reverse"], dictSort),
  filter("e", [], escape),
  filter("escape", [], escape),
  filter("filesizeformat", ["binary"], fileSize),
  filter("first", [], first),
  filter("float", ["default"], toFloat),
  ["format", (value, args, kwargs) => {
    if (args.length > 0 && kwargs.size > 0) {
      throw new TemplateFault("can't handle positional and keyword arguments at the same time");
    }
    return percentFormat(soft(value), kwargs.size > 0 ? Dict.of(kwargs) : new Tuple(args));
  }],
  filter("groupby", ["attribute/", "default", "case_sensitive"], groupBy),
  filter("indent", ["width", "first", "blank"], indent),
  filter("int", ["default", "base"], toInt),
  filter("items", [], items),
  filter("join", ["d", "attribute"], (value, [separator, attribute]) => {
    const pick = picker(attribute);
    return Array.from(iterate(value), (item) => text(pick(item))).join(text(given(separator, "")));
  }),
  filter("last", [], last),
  filter("list", [], (value) => [...iterate(value)]),
  filter("lower", [], (value) => soft(value).toLowerCase()),
  ["map", (value, args, kwargs, environment) => {
    function* all(): Iterable<Value> {
      if (!truth(value)) return;
      const map = mapped(args, kwargs, environment);
      for (const item of iterate(value)) yield map(item);
    }
    return new Lazy(all());
  }],
  filter("max", ["case_sensitive", "attribute"], (value, given) => extreme(value, given, false)),
  filter("min", ["case_sensitive", "attribute"], (value, given) => extreme(value, given, true)),
  selecting("reject", false, false),
  selecting("rejectattr", false, true),
  filter("replace", ["old/", "new/", "count"], replace),
  filter("reverse", [], reverse),
  filter("round", ["precision", "method"], round),
  filter("safe", [], (value) => new Markup(text(value))),
  selecting("select", true, false),
  selecting("selectattr", true, true),
  filter("slice", ["slices/", "fill_with"], (value, given) => new Lazy(sliced(value, given))),
  filter("sort", ["reverse", "case_sensitive", "attribute"], (value, [backwards, sensitive, attribute]) => {
    const attributes = typeof attribute === "string" ? attribute.split(",") : [attribute];
    const pickers = attributes.map((one) => picker(one, { fold: !yes(sensitive) }));
    return sorted([...iterate(value)], (item) => pickers.map((pick) => pick(item)), yes(backwards));
  }),
  filter("string", [], (value) => value instanceof Markup ? value : text(value)),
  filter("sum", ["attribute", "start"], sum),
  filter("title", [], title),
  ["tojson", toJson],
  filter("trim", ["chars"], (value, [chars]) => strip(soft(value), chars, { left: true, right: true })),
  filter("truncate", ["length", "killwords", "end", "leeway"], truncate),
  filter("unique", ["case_sensitive", "attribute"], (value, given) => new Lazy(unique(value, given))),
  filter("upper", [], (value) => soft(value).toUpperCase()),
  filter("urlencode", [], urlEncode),
  filter("wordcount", [], (value) => BigInt(soft(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),
]);

export const REFUSED_FILTERS: readonly string[] = [
  ...["forceescape", "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr"],
];

/** jinja2's own filter by name, or a refusal of one that is not done here. */
export function applyFilter(
  name: string,
  value: Value,
  args: readonly Value[],
  kwargs: Kwargs,
  environment: Environment,
): Value {
  const apply = FILTERS.get(name);
  if (apply) return apply(value, args, kwargs, environment);
  if (REFUSED_FILTERS.includes(name)) throw new TemplateRefusal(`The filter ${name}`);
  throw new TemplateFault(`No filter named '${name}'.`);
}
