/** Python's operators on the values of templates. */
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { percentFormat } from "./formats.ts";
import { MAX_TEXT, repeated } from "./text_methods.ts";
import {
  asInt,
  defined,
  DictView,
  isNumber,
  numeric,
  Tuple,
  typeName,
  unmarked,
  type Value,
} from "./values.ts";

type Operator = (left: Value, right: Value) => Value;
/** What two numbers give: whole ones, then others. */
type Numbers = { ints: (a: bigint, b: bigint) => Value; floats: (a: number, b: number) => number };

function nonZero<T extends bigint | number>(value: T): T {
  if (value == 0) throw new TemplateFault("division by zero");
  return value;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / nonZero(b);
  return a % b !== 0n && (a < 0n) !== (b < 0n) ? quotient - 1n : quotient;
}

function floatModulo(a: number, b: number): number {
  const rest = a % nonZero(b);
  if (rest === 0) return b < 0 ? -0 : 0;
  return (rest < 0) !== (b < 0) ? rest + b : rest;
}

function power(a: bigint, b: bigint): Value {
  if (b < 0n) return Number(nonZero(a)) ** Number(b);
  if (BigInt(a.toString(2).length) * b > 100_000n) throw new TemplateRefusal("A number this large");
  return a ** b;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new TemplateFault("int too large to convert to float");
  return value;
}

const NUMBERS: Record<string, Numbers> = {
  "+": { ints: (a, b) => a + b, floats: (a, b) => a + b },
  "-": { ints: (a, b) => a - b, floats: (a, b) => a - b },
  "*": { ints: (a, b) => a * b, floats: (a, b) => a * b },
  "/": { ints: (a, b) => quotient(a, nonZero(b)), floats: (a, b) => a / nonZero(b) },
  "//": {
    ints: floorDivide,
    floats: (a, b) => {
      const rest = floatModulo(a, b), exact = (a - rest) / b;
      const floor = Math.floor(exact);
      return exact === 0 ? Math.sign(a / b) < 0 ? -0 : 0 : exact - floor > 0.5 ? floor + 1 : floor;
    },
  },
  "%": { ints: (a, b) => a - floorDivide(a, b) * b, floats: floatModulo },
  "**": {
    ints: power,
    floats: (a, b) => {
      if (a === 0 && b < 0) throw new TemplateFault("0.0 cannot be raised to a negative power");
      if (a < 0 && !Number.isInteger(b)) throw new TemplateRefusal("A complex number");
      if (Math.abs(a) === 1 && !Number.isFinite(b) && !Number.isNaN(b)) return 1;
      if (a === 1) return 1;
      return a ** b;
    },
  },
};

function quotient(a: bigint, b: bigint): number {
  if (Number.isSafeInteger(Number(a)) && Number.isSafeInteger(Number(b))) return Number(a) / Number(b);
  throw new TemplateRefusal("Dividing numbers beyond 2^53");
}

/** What sequences do: joined by +, repeated by *, formatted by %. */
const SEQUENCES: Record<string, (left: Value, right: Value) => Value | undefined> = {
  "+"(left, right) {
    if (typeof left === "string" && typeof right === "string") {
      if (left.length + right.length > MAX_TEXT) throw new TemplateRefusal("A text this long");
      return left + right;
    }
    if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
    if (left instanceof Tuple && right instanceof Tuple) return new Tuple([...left.items, ...right.items]);
    return undefined;
  },
  "*"(left, right) {
    if (asInt(left) !== undefined) [left, right] = [right, left];
    const count = Number(asInt(right) ?? NaN);
    if (Number.isNaN(count)) return undefined;
    if (typeof left === "string") return repeated(left, count);
    const items = Array.isArray(left) ? left : left instanceof Tuple ? left.items : undefined;
    if (!items) return undefined;
    if (items.length * count > 1_000_000) throw new TemplateRefusal("A list this long");
    const all = Array.from({ length: Math.max(0, count) }, () => items).flat(1) as Value[];
    return Array.isArray(left) ? all : new Tuple(all);
  },
  "%": (left, right) => typeof left === "string" ? percentFormat(left, right) : undefined,
};

/** `left operator right`. @throws {TemplateFault} where Python raises */
export const binary = (operator: string): Operator => (left, right) => {
  const a = unmarked(defined(left));
  if (operator === "%" && typeof a === "string") return percentFormat(a, unmarked(right));
  const b = unmarked(defined(right));
  if (operator === "-" && (a instanceof DictView || b instanceof DictView)) {
    throw new TemplateRefusal("Taking a view of a dictionary off");
  }
  const { ints, floats } = NUMBERS[operator]!;
  if (isNumber(a) && isNumber(b)) {
    const x = numeric(a), y = numeric(b);
    if (typeof x === "bigint" && typeof y === "bigint") return ints(x, y);
    const result = floats(finiteInt(x), finiteInt(y));
    if (
      operator === "**" && !Number.isFinite(result) && Number.isFinite(Number(x)) &&
      Number.isFinite(Number(y))
    ) {
      throw new TemplateFault("Numerical result out of range");
    }
    return result;
  }
  const result = SEQUENCES[operator]?.(a, b);
  if (result === undefined) {
    throw new TemplateFault(
      `unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`,
    );
  }
  return result;
};

function finiteInt(value: bigint | number): number {
  return typeof value === "bigint" ? finite(Number(value)) : value;
}

/** `-value` and `+value`. */
export function signed(value: Value, sign: "-" | "+"): Value {
  const plain = defined(value);
  if (!isNumber(plain)) throw new TemplateFault(`bad operand type for unary ${sign}: '${typeName(plain)}'`);
  const number = numeric(plain);
  return sign === "-" ? -number : number;
}
