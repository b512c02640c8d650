/** Python's `str` and `repr` of values, and its decimal digits of floats. */
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { isPrintable } from "./unicode.ts";
import {
  Callable,
  Dict,
  DictView,
  iterate,
  Lazy,
  Markup,
  Opaque,
  Range,
  Tuple,
  typeName,
  Undefined,
  unmarked,
  type Value,
} from "./values.ts";

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `\xHH`, `\uHHHH` or `\UHHHHHHHH`. */
export function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${letter}${code.toString(16).padStart(width as number, "0")}`;
}

function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let written = quote;
  for (const character of text) {
    if (character === quote) written += `\\${quote}`;
    else written += ESCAPES[character] ?? (isPrintable(character) ? character : escaped(character));
  }
  return written + quote;
}

/** A float's shortest digits as Python writes them: 1.0, 1e+16, 1e-05. */
export function reprFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa, power] = Math.abs(value).toExponential().split("e") as [string, string];
  const digits = mantissa.replace(".", "");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) return sign + mantissa + "e" + signedPower(exponent);
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

/** An exponent as C writes it, with a sign and two digits. */
export function signedPower(exponent: number): string {
  return (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(2, "0");
}

/** A finite float as a fraction of integers. */
function fraction(value: number): [bigint, bigint] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const raw = bits.getBigUint64(0);
  const power = Number(raw >> 52n);
  const mantissa = (raw & ((1n << 52n) - 1n)) | (power === 0 ? 0n : 1n << 52n);
  const shift = Math.max(power, 1) - 1075;
  return shift >= 0 ? [mantissa << BigInt(shift), 1n] : [mantissa, 1n << BigInt(-shift)];
}

/** |value|·10^places, rounded to the nearest whole number, halves to the even one. */
export function scaled(value: number, places: number): bigint {
  let [over, under] = fraction(value);
  if (places >= 0) over *= 10n ** BigInt(places);
  else under *= 10n ** BigInt(-places);
  const whole = over / under, rest = 2n * (over % under);
  return rest > under || (rest === under && whole % 2n === 1n) ? whole + 1n : whole;
}

/** `%.{places}f` of a finite float's absolute value. */
export function fixed(value: number, places: number): string {
  const digits = scaled(value, places).toString().padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Digits and exponent of a finite float's absolute value, to a number of significant digits. */
export function significant(value: number, count: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: "0".repeat(count), exponent: 0 };
  let exponent = Number(Math.abs(value).toExponential().split("e")[1]);
  let digits = scaled(value, count - 1 - exponent).toString();
  if (digits.length > count) digits = scaled(value, count - 1 - ++exponent).toString();
  return { digits, exponent };
}

const MAX_DEPTH = 200;

/** `repr` of any value. @throws {TemplateRefusal} for what Python prints with an address */
export function repr(value: Value, depth = 0): string {
  if (depth > MAX_DEPTH) throw new TemplateFault("maximum recursion depth exceeded");
  if (typeof value === "string") return reprText(value);
  if (value instanceof Undefined) return "Undefined";
  const items = (list: Iterable<Value>) => Array.from(list, (item) => repr(item, depth + 1)).join(", ");
  if (Array.isArray(value)) return `[${items(value)}]`;
  if (value instanceof Tuple) return `(${items(value.items)}${value.items.length === 1 ? "," : ""})`;
  if (value instanceof Dict) {
    return `{${
      Array.from(value.entries(), ([key, item]) => `${repr(key, depth + 1)}: ${repr(item, depth + 1)}`).join(
        ", ",
      )
    }}`;
  }
  if (value instanceof DictView) return `dict_${value.kind}([${items(iterate(value))}])`;
  if (value instanceof Range) {
    return `range(${value.start}, ${value.stop}${value.step === 1n ? "" : `, ${value.step}`})`;
  }
  if (value instanceof Opaque) return value.repr();
  return text(unmarked(value));
}

/** `str` of any value, as `{{ }}` prints it. @throws {TemplateRefusal} for what Python prints with an address */
export function text(value: Value): string {
  if (typeof value === "string") return value;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return reprFloat(value);
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return "";
  if (value instanceof Lazy || value instanceof Callable) {
    throw new TemplateRefusal(`Printing a ${typeName(value)}, which Python does with its address,`);
  }
  return repr(value);
}
