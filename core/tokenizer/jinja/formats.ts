/** Python's three ways to format: `%`, `str.format`, and the format specifications of the latter. */
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { fixed, repr, reprFloat, signedPower, significant, text } from "./printing.ts";
import {
  asInt,
  countPoints,
  defined,
  Dict,
  isNumber,
  type Kwargs,
  Markup,
  numeric,
  Opaque,
  points,
  Range,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** Widths and precisions beyond it are refused: a template must not fill the memory. */
const MAX_WIDTH = 10_000;

function bounded(width: number): number {
  if (width > MAX_WIDTH) throw new TemplateRefusal(`A width of ${width} in a format`);
  return width;
}

/** Digits of a float for one of e, f, g (or r, `repr`'s g) without its sign. */
function floatDigits(value: number, type: string, precision: number, alternate: boolean): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "inf";
  const kind = type.toLowerCase();
  if (kind === "f") return fixed(value, precision) + (alternate && precision === 0 ? "." : "");
  if (kind === "e") {
    const { digits, exponent } = significant(value, precision + 1);
    const point = precision > 0 ? `.${digits.slice(1)}` : alternate ? "." : "";
    return `${digits[0]}${point}e${signedPower(exponent)}`;
  }
  const count = Math.max(1, precision);
  const { digits, exponent } = significant(value, count);
  const kept = alternate ? digits : digits.replace(/0+$/, "") || "0";
  const whole = kind === "r";
  if (
    exponent < -4 ||
    exponent >= (whole ? count - 1 : count) && exponent >= (whole ? Math.max(1, count - 1) : count)
  ) {
    return `${kept[0]}${kept.length > 1 ? `.${kept.slice(1)}` : ""}e${signedPower(exponent)}`;
  }
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${kept}`;
  const head = kept.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const tail = kept.slice(exponent + 1);
  return tail ? `${head}.${tail}` : whole ? `${head}.0` : head;
}

const INTEGER_BASES: Record<string, { base: number; prefix: string }> = {
  d: { base: 10, prefix: "" },
  b: { base: 2, prefix: "0b" },
  o: { base: 8, prefix: "0o" },
  x: { base: 16, prefix: "0x" },
  X: { base: 16, prefix: "0X" },
};

/** Whole numbers must be of this type in `%d` and others. */
function toInt(value: Value, type: string): bigint {
  const int = asInt(value);
  if (int !== undefined) return int;
  if (typeof value === "number" && "diu".includes(type)) {
    if (!Number.isFinite(value)) throw new TemplateFault("cannot convert float infinity or NaN to integer");
    return BigInt(Math.trunc(value));
  }
  throw new TemplateFault(`%${type} format: a number is required, not ${typeName(defined(value))}`);
}

function toFloat(value: Value): number {
  if (!isNumber(value)) throw new TemplateFault(`must be real number, not ${typeName(defined(value))}`);
  return Number(numeric(value));
}

const ascii = (written: string) =>
  written.replace(/[^\0-\x7f]/gu, (character) => {
    const code = character.codePointAt(0)!;
    const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).padStart(width as number, "0")}`;
  });

const CONVERSION = /%(?:\(([^()]*)\))?([#0\- +]*)(\*|\d*)(?:\.(\*|\d*))?[hlL]?([\s\S])?/gy;

/** `format % argument`. */
export function percentFormat(format: string, argument: Value): string {
  const single = !(argument instanceof Tuple);
  const mapping = argument instanceof Dict ? argument : undefined;
  const args: readonly Value[] = argument instanceof Tuple ? argument.items : [argument];
  let used = 0;
  const next = () => {
    if (used >= args.length) throw new TemplateFault("not enough arguments for format string");
    return args[used++]!;
  };
  let written = "", at = 0;
  for (let percent = format.indexOf("%"); percent >= 0; percent = format.indexOf("%", at)) {
    written += format.slice(at, percent);
    CONVERSION.lastIndex = percent;
    const [all, key, flags = "", wide = "", precise, type] = CONVERSION.exec(format)!;
    at = percent + all.length;
    if (type === undefined) throw new TemplateFault("incomplete format");
    if (type === "%" && all === "%%") {
      written += "%";
      continue;
    }
    if (type === "(") throw new TemplateRefusal("A key with parentheses in a format");
    if (key !== undefined && !mapping) throw new TemplateFault("format requires a mapping");
    let left = flags.includes("-");
    let width = wide === "*" ? Number(asInt(next()) ?? wrongStar()) : Number(wide || 0);
    if (width < 0) left = true, width = -width;
    const given = precise === undefined
      ? undefined
      : precise === "*"
      ? Math.max(0, Number(asInt(next()) ?? wrongStar()))
      : Number(precise || 0);
    bounded(width), bounded(given ?? 0);
    if (type === "%") {
      written += "%";
      continue;
    }
    let value: Value;
    if (key === undefined) value = next();
    else {
      const found = mapping!.get(key);
      if (found === undefined) throw new TemplateFault(`KeyError: ${key}`);
      value = found, used = args.length;
    }
    written += percentOne(value, type, { flags, width, left, precision: given });
  }
  // Of a mapping nothing need be used.
  const lenient = single && (Array.isArray(argument) || LENIENT.some((type) => argument instanceof type));
  if (used < args.length && !lenient) {
    throw new TemplateFault("not all arguments converted during string formatting");
  }
  return written + format.slice(at);
}

/** What can be subscribed counts as a mapping. */
const LENIENT = [Dict, Range, Undefined];

function wrongStar(): never {
  throw new TemplateFault("* wants int");
}

function percentOne(
  value: Value,
  type: string,
  { flags, width, left, precision }: {
    flags: string;
    width: number;
    left: boolean;
    precision: number | undefined;
  },
): string {
  const TEXTS: Record<string, (value: Value) => string> = {
    s: text,
    r: repr,
    a: (value) => ascii(repr(value)),
  };
  let sign = "", prefix = "", body: string, zero = flags.includes("0") && !left;
  if (TEXTS[type]) {
    body = TEXTS[type](value);
    if (precision !== undefined) body = Array.from(body).slice(0, precision).join("");
    zero = false;
  } else if (type === "c") {
    const code = asInt(value);
    body = code !== undefined ? String.fromCodePoint(Number(code)) : text(value);
    if (countPoints(body) !== 1) throw new TemplateFault("%c requires int or char");
    zero = false;
  } else if ("diuxXo".includes(type)) {
    const int = toInt(value, type);
    const { base, prefix: written } = INTEGER_BASES["iu".includes(type) ? "d" : type]!;
    body = (int < 0n ? -int : int).toString(base).padStart(precision ?? 0, "0");
    if (type === "X") body = body.toUpperCase();
    if (flags.includes("#")) prefix = written;
    sign = int < 0n ? "-" : "";
  } else if ("eEfFgG".includes(type)) {
    const float = toFloat(value);
    body = floatDigits(float, type, precision ?? 6, flags.includes("#"));
    if (type !== type.toLowerCase()) body = body.toUpperCase();
    sign = float < 0 || Object.is(float, -0) ? "-" : "";
    if (!Number.isFinite(float)) zero = false;
  } else throw new TemplateFault(`unsupported format character '${type}'`);
  if (!"sracC".includes(type) && sign === "") {
    sign = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  }
  const room = width - countPoints(body) - sign.length - prefix.length;
  if (room <= 0) return sign + prefix + body;
  if (left) return sign + prefix + body + " ".repeat(room);
  return zero ? sign + prefix + "0".repeat(room) + body : " ".repeat(room) + sign + prefix + body;
}

const SPECIFICATION = /^(?:([\s\S])?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u;

/** `format(value, specification)`. */
function formatValue(value: Value, specification: string): string {
  if (specification === "") return text(value);
  const isText = typeof value === "string";
  if (!isText && !isNumber(value)) {
    throw new TemplateFault(`unsupported format string passed to ${typeName(defined(value))}.__format__`);
  }
  const parsed = SPECIFICATION.exec(specification);
  if (!parsed) throw new TemplateFault(`Invalid format specifier '${specification}'`);
  const [, fill, align, sign, negativeZero, alternate, zero, wide, grouping, precise, type] = parsed;
  if (negativeZero) throw new TemplateRefusal("z in a format specification");
  const width = bounded(Number(wide ?? 0));
  const precision = precise === undefined ? undefined : bounded(Number(precise));
  if (isText) {
    if ((type && type !== "s") || sign || alternate || grouping || align === "=" || (zero && !align)) {
      if (!(zero && !align && !type && !sign && !alternate && !grouping)) {
        throw new TemplateFault(
          `Unknown format code '${type ?? align ?? sign ?? grouping}' for object of type 'str'`,
        );
      }
    }
    const all = points(value);
    const kept = precision === undefined ? value : Array.from(all).slice(0, precision).join("");
    return padded("", kept, width, fill ?? (zero ? "0" : " "), align ?? "<");
  }
  const number = numeric(value);
  const negative = number < 0 || Object.is(number, -0);
  const mark = negative ? "-" : sign === "+" ? "+" : sign === " " ? " " : "";
  let prefix = "", body: string;
  if (
    typeof number === "bigint" && (type === undefined || INTEGER_BASES[type] || type === "c" || type === "n")
  ) {
    if (type === "c" || type === "n") throw new TemplateRefusal(`${type} in a format specification`);
    if (precision !== undefined) throw new TemplateFault("Precision not allowed in integer format specifier");
    const { base, prefix: written } = INTEGER_BASES[type ?? "d"]!;
    body = (negative ? -number : number).toString(base);
    if (type === "X") body = body.toUpperCase();
    if (alternate) prefix = written;
    if (grouping === "," && base !== 10) throw new TemplateFault(`Cannot specify ',' with '${type}'.`);
    body = grouped(body, grouping, base === 10 ? 3 : 4);
  } else {
    if (type !== undefined && !"eEfFgG%".includes(type)) {
      throw new TemplateFault(`Unknown format code '${type}' for object of type '${typeName(value)}'`);
    }
    const float = Number(number) * (type === "%" ? 100 : 1);
    if (type === undefined && precision === undefined) body = reprFloat(Math.abs(float)).replace(/^-/, "");
    else {
      const kind = type === "%" ? "f" : type ?? "r";
      body = floatDigits(float, kind, precision ?? 6, alternate !== undefined);
      if (kind !== kind.toLowerCase()) body = body.toUpperCase();
    }
    const [, whole = "", rest = ""] = /^(\d*)([^]*)$/.exec(body)!;
    body = grouped(whole, grouping, 3) + rest + (type === "%" ? "%" : "");
  }
  if (zero && grouping && !align) {
    throw new TemplateRefusal("Zeros and a separator in a format specification");
  }
  return padded(
    mark + prefix,
    body,
    width,
    fill ?? (zero && !align ? "0" : zero ? "0" : " "),
    align ?? (zero ? "=" : ">"),
  );
}

function grouped(digits: string, separator: string | undefined, size: number): string {
  if (!separator) return digits;
  return digits.replace(new RegExp(`\\B(?=([0-9a-fA-F]{${size}})+$)`, "g"), separator);
}

function padded(sign: string, body: string, width: number, fill: string, align: string): string {
  const room = width - countPoints(body) - sign.length;
  if (room <= 0) return sign + body;
  const before = align === "<" ? 0 : align === "^" ? Math.floor(room / 2) : room;
  const left = fill.repeat(before), right = fill.repeat(room - before);
  return align === "=" ? sign + left + body : left + sign + body + right;
}

/** How `str.format` looks up what is in braces: attributes and elements as the template would. */
export interface Lookup {
  attribute(value: Value, name: string): Value;
  element(value: Value, key: Value): Value;
}

const CONVERTERS: Record<string, (value: Value) => Value> = {
  s: text,
  r: (value) => repr(value),
  a: (value) => ascii(repr(value)),
};

/** `format.format(*args, **kwargs)`. */
export function braceFormat(format: string, args: readonly Value[], kwargs: Kwargs, lookup: Lookup): string {
  let automatic = 0, manual = false;
  const numberOf = (name: string): string => {
    if (name === "" || /^[.[]/.test(name)) {
      if (manual) {
        throw new TemplateFault("cannot switch from manual field specification to automatic field numbering");
      }
      return `${automatic++}${name}`;
    }
    if (/^\d+/.test(name)) {
      if (automatic > 0) {
        throw new TemplateFault("cannot switch from automatic field numbering to manual field specification");
      }
      manual = true;
    }
    return name;
  };
  const fieldOf = (name: string): Value => {
    const [, first = "", rest = ""] = /^([^.[]*)([^]*)$/.exec(name)!;
    let value: Value | undefined;
    if (/^\d+$/.test(first)) {
      value = args[Number(first)];
      if (value === undefined) {
        throw new TemplateFault("Replacement index out of range for positional args tuple");
      }
    } else {
      value = kwargs.get(first);
      if (value === undefined) throw new TemplateFault(`KeyError: ${first}`);
    }
    for (const part of rest.matchAll(/\.([^.[]+)|\[([^\]]+)\]|[^]/gy)) {
      if (part[1] !== undefined) value = lookup.attribute(value, part[1]);
      else if (part[2] !== undefined) {
        value = lookup.element(value, /^\d+$/.test(part[2]) ? BigInt(part[2]) : part[2]);
      } else throw new TemplateFault("Only '.' or '[' may follow ']' in format field specifier");
    }
    return value;
  };
  const write = (source: string, depth: number): string => {
    if (depth < 0) throw new TemplateFault("Max string recursion exceeded");
    let written = "";
    for (let at = 0; at < source.length; at++) {
      const character = source[at]!;
      if (character !== "{" && character !== "}") {
        written += character;
        continue;
      }
      if (source[at + 1] === character) {
        written += character, at++;
        continue;
      }
      if (character === "}") throw new TemplateFault("Single '}' encountered in format string");
      let level = 1, end = at + 1;
      for (; end < source.length && level > 0; end++) {
        if (source[end] === "{") level++;
        else if (source[end] === "}") level--;
      }
      if (level > 0) throw new TemplateFault("expected '}' before end of string");
      const field = source.slice(at + 1, end - 1);
      at = end - 1;
      const [, name = "", conversion, specification = ""] =
        /^((?:[^!:[\]{}]|\[[^\]]*\])*)(?:!([^:]*))?(?::([^]*))?$/.exec(field) ?? wrongField();
      if (conversion !== undefined && !Object.hasOwn(CONVERTERS, conversion)) {
        throw new TemplateFault(`Unknown conversion specifier ${conversion}`);
      }
      const value = fieldOf(numberOf(name));
      const converted = conversion === undefined ? value : CONVERTERS[conversion]!(value);
      if (converted instanceof Markup || converted instanceof Opaque) {
        throw new TemplateRefusal("Formatting this object");
      }
      written += formatValue(converted, write(specification, depth - 1));
    }
    return written;
  };
  return write(format, 2);
}

function wrongField(): never {
  throw new TemplateFault("expected '}' before end of string");
}
