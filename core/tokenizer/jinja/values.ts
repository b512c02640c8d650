/**
 * Python's values as templates see them, and what Python's own operations make of them. None is null, an int a bigint, a
 * float a number, a str a string (indexed by code points), a list an array; the other types are the classes below.
 */
import { TemplateFault, TemplateRefusal } from "./faults.ts";

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | Tuple
  | Dict
  | DictView
  | Range
  | Lazy
  | Markup
  | Undefined
  | Callable
  | Opaque;

export type Kwargs = ReadonlyMap<string, Value>;

export class Tuple {
  constructor(readonly items: readonly Value[], readonly names: readonly string[] = []) {}
}

/** A name, attribute or element that is not there: prints as nothing, and fails where a value is needed. */
export class Undefined {
  constructor(readonly message: string) {}
}

/** Text that Python marks as safe HTML. Only printing it is supported. */
export class Markup {
  constructor(readonly text: string) {}
}

export class Callable {
  constructor(readonly name: string, readonly call: (args: readonly Value[], kwargs: Kwargs) => Value) {}
}

/** A Python object with attributes: a loop, a namespace, a macro. */
export abstract class Opaque {
  abstract readonly typeName: string;
  /** Undefined for an attribute that it lacks. */
  abstract attribute(name: string): Value | undefined;
  repr(): string {
    throw new TemplateRefusal(`Printing a ${this.typeName}`);
  }
  length(): bigint | undefined {
    return undefined;
  }
  call(_args: readonly Value[], _kwargs: Kwargs): Value {
    throw new TemplateFault(`'${this.typeName}' object is not callable`);
  }
  get callable(): boolean {
    return false;
  }
}

/** A generator: its items are made as they are asked for, once. */
export class Lazy implements Iterable<Value> {
  readonly #iterator: Iterator<Value>;
  constructor(items: Iterable<Value>) {
    this.#iterator = items[Symbol.iterator]();
  }
  [Symbol.iterator](): Iterator<Value> {
    return { next: () => this.#iterator.next() };
  }
}

export class Range implements Iterable<bigint> {
  readonly length: bigint;
  constructor(readonly start: bigint, readonly stop: bigint, readonly step: bigint) {
    const span = step > 0n ? stop - start : start - stop;
    const size = step > 0n ? step : -step;
    this.length = span <= 0n ? 0n : (span + size - 1n) / size;
  }
  at(index: bigint): bigint {
    return this.start + index * this.step;
  }
  *[Symbol.iterator](): Iterator<bigint> {
    for (let index = 0n; index < this.length; index++) yield this.at(index);
  }
}

/** A dict: keys in the order they came, equal as Python's are (1, 1.0 and True are one key). */
export class Dict {
  readonly #entries = new Map<unknown, [Value, Value]>();

  static of(entries: Iterable<readonly [Value, Value]>): Dict {
    const dict = new Dict();
    for (const [key, value] of entries) dict.set(key, value);
    return dict;
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(hashKey(key))?.[1];
  }
  has(key: Value): boolean {
    return this.#entries.has(hashKey(key));
  }
  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    const known = this.#entries.get(hash);
    if (known) known[1] = value;
    else this.#entries.set(hash, [key, value]);
  }
  *keys(): Iterable<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }
  *values(): Iterable<Value> {
    for (const [, value] of this.#entries.values()) yield value;
  }
  entries(): Iterable<[Value, Value]> {
    return this.#entries.values();
  }
}

export class DictView {
  constructor(readonly kind: "keys" | "values" | "items", readonly dict: Dict) {}
  *items(): Iterable<Value> {
    if (this.kind === "items") {
      for (const [key, value] of this.dict.entries()) {
        yield new Tuple([key, value]);
      }
    } else yield* this.dict[this.kind]();
  }
}

/** No text holds half of a surrogate pair, so what begins with one is no text's key. */
const NO_TEXT = "\ud800";

/** Equal for values that Python takes for one key. */
export function hashKey(value: Value): unknown {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (value instanceof Undefined) return `${NO_TEXT}undefined`;
  if (value instanceof Markup) return value.text;
  if (value instanceof Tuple) {
    const parts = value.items.map((item) => {
      const key = hashKey(item);
      if (typeof key === "object" && key !== null) throw new TemplateRefusal("A tuple of objects as a key");
      return typeof key === "string" ? JSON.stringify(key) : `${typeof key} ${key}`;
    });
    return `${NO_TEXT}(${parts.join()})`;
  }
  const isView = value instanceof DictView && value.kind !== "values";
  if (Array.isArray(value) || value instanceof Dict || isView) {
    throw new TemplateFault(`unhashable type: '${typeName(value)}'`);
  }
  return value;
}

const TYPE_NAMES: [new (...args: never[]) => object, string][] = [
  [Array, "list"],
  [Tuple, "tuple"],
  [Dict, "dict"],
  [Range, "range"],
  [Lazy, "generator"],
  [Markup, "Markup"],
  [Undefined, "Undefined"],
  [Callable, "function"],
];

export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value !== "object") {
    return { boolean: "bool", bigint: "int", number: "float", string: "str" }[
      typeof value as "boolean" | "bigint" | "number" | "string"
    ];
  }
  if (value instanceof DictView) return `dict_${value.kind}`;
  if (value instanceof Opaque) return value.typeName;
  return TYPE_NAMES.find(([type]) => value instanceof type)![1];
}

export function isNumber(value: Value): value is boolean | bigint | number {
  return typeof value === "bigint" || typeof value === "number" || typeof value === "boolean";
}

/** A number as it takes part in arithmetic: a bool as an int. */
export function numeric(value: boolean | bigint | number): bigint | number {
  return typeof value === "boolean" ? (value ? 1n : 0n) : value;
}

/** An int, or nothing for another type. */
export function asInt(value: Value | undefined): bigint | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "bigint" ? value : undefined;
}

/** What was given, None included, or else the fallback. */
export function given<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value;
}

/** Fails as Python does where an undefined value is used. */
export function defined(value: Value): Exclude<Value, Undefined> {
  if (value instanceof Undefined) throw new TemplateFault(value.message);
  return value as Exclude<Value, Undefined>;
}

/** Refuses markup, which would escape what it meets. */
export function unmarked<T extends Value>(value: T): Exclude<T, Markup> {
  if (value instanceof Markup) {
    throw new TemplateRefusal("Doing more than printing with what is escaped or marked safe");
  }
  return value as Exclude<T, Markup>;
}

export function truth(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return value !== 0n;
  if (typeof value === "number") return value !== 0;
  if (typeof value === "string") return value !== "";
  if (value instanceof Opaque) return value.length() !== 0n;
  if (value instanceof Lazy || value instanceof Callable) return true;
  return lengthOf(value) !== 0n;
}

const PAIRS = /[\ud800-\udbff]/;

/** Whether each code point is one UTF-16 unit. */
export function isSimple(text: string): boolean {
  return !PAIRS.test(text);
}

/** The code points of a text, for indexing. */
export function points(text: string): string | string[] {
  return isSimple(text) ? text : Array.from(text);
}

/** How many code points a text has. */
export function countPoints(text: string): number {
  return points(text).length;
}

export function lengthOf(value: Value): bigint {
  if (typeof value === "string") return BigInt(countPoints(value));
  if (value instanceof Markup) return BigInt(countPoints(value.text));
  if (Array.isArray(value)) return BigInt(value.length);
  if (value instanceof Tuple) return BigInt(value.items.length);
  if (value instanceof Dict) return BigInt(value.size);
  if (value instanceof DictView) return BigInt(value.dict.size);
  if (value instanceof Range) return value.length;
  if (value instanceof Undefined) return 0n;
  const length = value instanceof Opaque ? value.length() : undefined;
  if (length === undefined) throw new TemplateFault(`object of type '${typeName(value)}' has no len()`);
  return length;
}

/** The items that Python iterates over, or nothing for what cannot be iterated. */
export function iterable(value: Value): Iterable<Value> | undefined {
  if (typeof value === "string") return value;
  if (value instanceof Markup) unmarked(value);
  if (Array.isArray(value) || value instanceof Range || value instanceof Lazy) return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return value.keys();
  if (value instanceof DictView) return value.items();
  if (value instanceof Undefined) return [];
  return undefined;
}

export function iterate(value: Value): Iterable<Value> {
  const items = iterable(value);
  if (items === undefined) throw new TemplateFault(`'${typeName(value)}' object is not iterable`);
  return items;
}

/** `reversed`: of sequences and dicts; nothing for what has no order to reverse. */
export function reversed(value: Value): Iterable<Value> | undefined {
  if (value instanceof Lazy) return undefined;
  if (value instanceof Opaque) return undefined;
  const items = iterable(value);
  return items === undefined ? undefined : [...items].reverse();
}

export function equal(a: Value, b: Value): boolean {
  if (isNumber(a) && isNumber(b)) return numeric(a) == numeric(b);
  if (a instanceof Markup) a = a.text;
  if (b instanceof Markup) b = b.text;
  if (a instanceof Undefined && b instanceof Undefined) return true;
  if (Array.isArray(a) && Array.isArray(b)) return equalItems(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return equalItems(a.items, b.items);
  if (a instanceof Range && b instanceof Range) return equalItems([...a], [...b]);
  if (a instanceof Dict && b instanceof Dict) {
    if (a.size !== b.size) return false;
    for (const [key, value] of a.entries()) {
      const other = b.get(key);
      if (other === undefined || !equal(value, other)) return false;
    }
    return true;
  }
  if (a instanceof DictView && b instanceof DictView && a !== b) {
    throw new TemplateRefusal("Comparing views of dictionaries");
  }
  return a === b;
}

function equalItems(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, at) => equal(item, b[at]!));
}

/** -1, 0 or 1 by code points: UTF-16 would put U+FFFD behind an emoji. */
export function compareText(a: string, b: string): number {
  if (isSimple(a) && isSimple(b)) return a < b ? -1 : a > b ? 1 : 0;
  const x = Array.from(a), y = Array.from(b);
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const difference = x[at]!.codePointAt(0)! - y[at]!.codePointAt(0)!;
    if (difference) return Math.sign(difference);
  }
  return Math.sign(x.length - y.length);
}

/** `a < b`, `a <= b`; the operator is for the message. */
export function less(a: Value, b: Value, operator: "<" | "<=" | ">" | ">=" = "<"): boolean {
  const orEqual = operator.length === 2;
  if (operator.startsWith(">")) return less(b, a, orEqual ? "<=" : "<");
  a = unmarked(defined(a)), b = unmarked(defined(b));
  if (isNumber(a) && isNumber(b)) return orEqual ? numeric(a) <= numeric(b) : numeric(a) < numeric(b);
  if (typeof a === "string" && typeof b === "string") {
    return compareText(a, b) < (orEqual ? 1 : 0);
  }
  const lists = Array.isArray(a) && Array.isArray(b) ? [a, b] as const : undefined;
  const pair = a instanceof Tuple && b instanceof Tuple ? [a.items, b.items] as const : lists;
  if (!pair) {
    throw new TemplateFault(
      `'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
    );
  }
  const [x, y] = pair;
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    if (!equal(x[at]!, y[at]!)) return less(x[at]!, y[at]!, operator);
  }
  return orEqual ? x.length <= y.length : x.length < y.length;
}

/** `value in container`. */
export function contains(container: Value, value: Value): boolean {
  if (typeof container === "string" || container instanceof Markup) {
    const text = container instanceof Markup ? container.text : container;
    if (value instanceof Markup) return text.includes(value.text);
    if (typeof value !== "string") {
      throw new TemplateFault(`'in <string>' requires string as left operand, not ${typeName(value)}`);
    }
    return text.includes(value);
  }
  if (container instanceof Dict) return container.has(value);
  if (container instanceof DictView && container.kind === "keys") return container.dict.has(value);
  for (const item of iterate(container)) if (item === value || equal(item, value)) return true;
  return false;
}

/**
 * What JSON holds as templates see it.
 * @throws {TemplateRefusal} for what JavaScript's reader of JSON does not keep: integers that it rounds, and the
 * order of keys that are integers
 */
export function fromJson(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") {
    if (!Number.isInteger(value)) return value;
    if (!Number.isSafeInteger(value)) throw new TemplateRefusal("An integer beyond 2^53");
    return BigInt(value);
  }
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value === "object") {
    const entries = Object.entries(value);
    if (entries.length > 1 && INDEX.test(entries[0]![0])) {
      throw new TemplateRefusal(`The key "${entries[0]![0]}" among others in an object`);
    }
    return Dict.of(entries.map(([key, item]) => [key, fromJson(item)]));
  }
  return value as string | boolean;
}

/** Such keys come first in an object, in order of their numbers. */
const INDEX = /^(0|[1-9]\d*)$/;
