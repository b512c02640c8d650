/** Attributes and elements of values, as jinja2's immutable sandbox lets a template see them. */
import { bind } from "./arguments.ts";
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { braceFormat } from "./formats.ts";
import { REFUSED_TEXT_METHODS, TEXT_METHODS } from "./text_methods.ts";
import {
  asInt,
  Callable,
  defined,
  Dict,
  DictView,
  equal,
  given,
  isNumber,
  isSimple,
  Markup,
  numeric,
  Opaque,
  points,
  Range,
  Tuple,
  typeName,
  Undefined,
  unmarked,
  type Value,
} from "./values.ts";

/** Methods that change a list or dictionary: the sandbox keeps them from being called. */
const UNSAFE: Record<string, readonly string[]> = {
  list: ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"],
  dict: ["clear", "pop", "popitem", "setdefault", "update"],
};

/** Attributes that Python has and that are not made here. */
const REFUSED: Record<string, readonly string[]> = {
  str: REFUSED_TEXT_METHODS,
  dict: ["fromkeys"],
  int: ["as_integer_ratio", "bit_count", "bit_length", "from_bytes", "to_bytes", "is_integer"],
  float: ["as_integer_ratio", "fromhex", "hex"],
  range: ["start", "stop", "step", "index", "count"],
  dict_keys: ["isdisjoint", "mapping"],
  dict_items: ["isdisjoint", "mapping"],
  dict_values: ["mapping"],
  generator: ["close", "gi_code", "gi_frame", "gi_running", "gi_suspended", "gi_yieldfrom", "send", "throw"],
};

const NUMBERS: Record<string, (value: bigint | number) => Value> = {
  real: (value) => value,
  imag: (value) => typeof value === "bigint" ? 0n : 0,
  conjugate: (value) => new Callable("conjugate", () => value),
};

const INTS: Record<string, (value: bigint) => Value> = {
  numerator: (value) => value,
  denominator: () => 1n,
};

function sequenceMethod(items: readonly Value[], name: string): Value | undefined {
  if (name === "count") {
    return new Callable(name, (args, kwargs) => {
      const [wanted] = bind(name, ["value/"], args, kwargs, false);
      return BigInt(items.filter((item) => equal(item, wanted!)).length);
    });
  }
  if (name !== "index") return undefined;
  return new Callable(name, (args, kwargs) => {
    const [wanted, start, stop] = bind(name, ["value/", "start", "stop"], args, kwargs, false);
    const place = (index: Value | undefined, fallback: number) => {
      const at = index === undefined ? fallback : Number(asInt(index) ?? wrongIndex());
      return at < 0 ? Math.max(0, at + items.length) : at;
    };
    const end = place(stop, items.length);
    const at = items.findIndex((item, index) =>
      index >= place(start, 0) && index < end && equal(item, wanted!)
    );
    if (at < 0) throw new TemplateFault("the value is not in the list");
    return BigInt(at);
  });
}

function wrongIndex(): never {
  throw new TemplateFault("slice indices must be integers");
}

function dictMethod(dict: Dict, name: string): Value | undefined {
  if (name === "keys" || name === "values" || name === "items") {
    return new Callable(name, (args, kwargs) => {
      bind(name, [], args, kwargs);
      return new DictView(name, dict);
    });
  }
  if (name === "get") {
    return new Callable(name, (args, kwargs) => {
      const [key, fallback] = bind(name, ["key/", "default"], args, kwargs, false);
      return given(dict.get(key!), given<Value>(fallback, null));
    });
  }
  if (name !== "copy") return undefined;
  return new Callable(name, (args, kwargs) => {
    bind(name, [], args, kwargs);
    return Dict.of(dict.entries());
  });
}

function textMethod(self: string, name: string): Value | undefined {
  const method = TEXT_METHODS.get(name);
  if (method) return new Callable(name, (args, kwargs) => method(self, args, kwargs));
  if (name === "format") return new Callable(name, (args, kwargs) => braceFormat(self, args, kwargs, LOOKUP));
  if (name !== "format_map") return undefined;
  return new Callable(name, ([mapping], kwargs) => {
    if (kwargs.size > 0 || !(mapping instanceof Dict)) {
      throw new TemplateFault("format_map() takes one mapping");
    }
    const named = [...mapping.entries()].filter(([key]) => typeof key === "string") as [string, Value][];
    return braceFormat(self, [], new Map(named), LOOKUP);
  });
}

/** `getattr(value, name)`: nothing where Python has no such attribute. */
function ownAttribute(value: Value, name: string): Value | undefined {
  const type = typeName(value);
  if (name.startsWith("__") && !(value instanceof Dict && value.has(name))) {
    throw new TemplateRefusal(`The attribute ${name}`);
  }
  if (UNSAFE[type]?.includes(name)) {
    return new Undefined(`access to attribute '${name}' of '${type}' object is unsafe.`);
  }
  if (REFUSED[type]?.includes(name)) throw new TemplateRefusal(`${type}.${name}`);
  if (typeof value === "string") return textMethod(value, name);
  if (isNumber(value)) {
    const number = numeric(value);
    if (Object.hasOwn(NUMBERS, name)) return NUMBERS[name]!(number);
    return typeof number === "bigint" && Object.hasOwn(INTS, name) ? INTS[name]!(number) : undefined;
  }
  if (Array.isArray(value)) {
    return name === "copy" ? new Callable(name, () => [...value]) : sequenceMethod(value, name);
  }
  if (value instanceof Tuple) {
    const named = value.names.indexOf(name);
    return named >= 0 ? value.items[named] : sequenceMethod(value.items, name);
  }
  if (value instanceof Dict) return dictMethod(value, name);
  if (value instanceof Opaque) return value.attribute(name);
  if (value instanceof Markup) unmarked(value);
  return undefined;
}

/** `value[key]`: nothing where Python raises a LookupError or TypeError. */
function ownElement(value: Value, key: Value): Value | undefined {
  if (value instanceof Dict) {
    return Array.isArray(key) || key instanceof Dict ? undefined : value.get(key);
  }
  if (value instanceof Markup) unmarked(value);
  const index = asInt(key);
  if (index === undefined) return undefined;
  if (typeof value === "string") return points(value).at(Number(index));
  if (Array.isArray(value)) return value.at(Number(index));
  if (value instanceof Tuple) return value.items.at(Number(index));
  if (!(value instanceof Range)) return undefined;
  const at = index < 0n ? index + value.length : index;
  return at >= 0n && at < value.length ? value.at(at) : undefined;
}

function missing(value: Value, name: Value): Undefined {
  const what = typeof name === "string"
    ? `attribute '${name}'`
    : `element ${name === null ? "None" : typeof name === "object" ? "of that key" : name}`;
  return new Undefined(`'${typeName(value)} object' has no ${what}`);
}

/** `value.name`: an attribute, or else an element. */
export function attributeOf(value: Value, name: string): Value {
  defined(value);
  const attribute = ownAttribute(value, name);
  return attribute !== undefined ? attribute : given(ownElement(value, name), missing(value, name));
}

/** `value[key]`: an element, or else an attribute. */
export function elementOf(value: Value, key: Value): Value {
  defined(value);
  const element = ownElement(value, key);
  if (element !== undefined) return element;
  return given(typeof key === "string" ? ownAttribute(value, key) : undefined, missing(value, key));
}

/** The `attr` filter: an attribute, never an element. */
export function onlyAttribute(value: Value, name: string): Value {
  defined(value);
  return given(ownAttribute(value, name), missing(value, name));
}

const LOOKUP = { attribute: attributeOf, element: elementOf };

/** `value[start:stop:step]`. */
export function sliceOf(value: Value, [start, stop, step]: readonly (Value | undefined)[]): Value {
  const bound = (given: Value | undefined) => {
    if (given === undefined || given === null) return undefined;
    const at = asInt(defined(given));
    if (at === undefined) throw new TemplateFault("slice indices must be integers or None");
    return Number(at);
  };
  const plain = unmarked(defined(value));
  const from = bound(start), to = bound(stop), by = bound(step) ?? 1;
  if (by === 0) throw new TemplateFault("slice step cannot be zero");
  if (typeof plain === "string") {
    if (by === 1 && isSimple(plain)) return plain.slice(from ?? 0, to);
    return cut(Array.from(plain), from, to, by).join("");
  }
  if (Array.isArray(plain)) return cut(plain, from, to, by);
  if (plain instanceof Tuple) return new Tuple(cut(plain.items, from, to, by));
  if (plain instanceof Range) {
    const [first, last, stride] = span(Number(plain.length), from, to, by);
    return new Range(plain.at(BigInt(first)), plain.at(BigInt(last)), plain.step * BigInt(stride));
  }
  // Python raises here, or not, by what its compiler makes of constants.
  throw new TemplateRefusal(`A slice of a ${typeName(plain)}`);
}

/** Python's `slice.indices`. */
function span(
  length: number,
  from: number | undefined,
  to: number | undefined,
  by: number,
): [number, number, number] {
  const low = by < 0 ? -1 : 0, high = by < 0 ? length - 1 : length;
  const place = (at: number) => at < 0 ? Math.max(at + length, low) : Math.min(at, high);
  return [
    from === undefined ? (by < 0 ? high : low) : place(from),
    to === undefined ? (by < 0 ? low : high) : place(to),
    by,
  ];
}

function cut<T>(items: readonly T[], from: number | undefined, to: number | undefined, by: number): T[] {
  const [first, last] = span(items.length, from, to, by);
  const kept: T[] = [];
  for (let at = first; by < 0 ? at > last : at < last; at += by) kept.push(items[at]!);
  return kept;
}
