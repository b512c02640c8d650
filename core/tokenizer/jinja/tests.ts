/** jinja2's tests, which follow `is`. */
import { binary } from "./arithmetic.ts";
import { bind, type Parameters } from "./arguments.ts";
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { FILTERS, REFUSED_FILTERS } from "./filters.ts";
import { text } from "./printing.ts";
import { IS } from "./unicode.ts";
import {
  Callable,
  contains,
  Dict,
  equal,
  hashKey,
  iterable,
  type Kwargs,
  less,
  Markup,
  Opaque,
  Range,
  Tuple,
  Undefined,
  type Value,
} from "./values.ts";

type Test = (value: Value, args: readonly Value[], kwargs: Kwargs) => boolean;

const test = (
  name: string,
  run: (value: Value, other: Value) => boolean,
  parameters: Parameters = [],
): [string, Test] => [
  name,
  (value, args, kwargs) => run(value, bind(name, parameters, args, kwargs)[0] ?? null),
];

const remainder = binary("%");
const OTHER = ["other/"];

const compare = (names: string[], run: (value: Value, other: Value) => boolean) =>
  names.map((name) => test(name, run, OTHER));

/** `value is other`: known only where Python has one object for a value. */
function same(value: Value, other: Value): boolean {
  const single = (one: Value) => one === null || typeof one === "boolean";
  if (single(value) || single(other)) return value === other;
  if (typeof value !== typeof other) return false;
  if (typeof value === "object" && typeof other === "object" && !(value instanceof Callable)) {
    return value === other;
  }
  throw new TemplateRefusal("The test sameas of texts, numbers or functions");
}

const isSequence = (value: Value) =>
  typeof value === "string" || Array.isArray(value) || value instanceof Tuple || value instanceof Dict ||
  value instanceof Range || value instanceof Undefined || value instanceof Markup;

/** Whether a value is a name; one that no dictionary takes as a key is an error. */
function isKey(value: Value): value is string {
  hashKey(value);
  return typeof value === "string";
}

export const TESTS: ReadonlyMap<string, Test> = new Map([
  test("odd", (value) => equal(remainder(value, 2n), 1n)),
  test("even", (value) => equal(remainder(value, 2n), 0n)),
  test("divisibleby", (value, by) => equal(remainder(value, by), 0n), ["num/"]),
  test("defined", (value) => !(value instanceof Undefined)),
  test("undefined", (value) => value instanceof Undefined),
  test("filter", (value) => isKey(value) && (FILTERS.has(value) || REFUSED_FILTERS.includes(value))),
  test("test", (value) => isKey(value) && TESTS.has(value)),
  test("none", (value) => value === null),
  test("boolean", (value) => typeof value === "boolean"),
  test("false", (value) => value === false),
  test("true", (value) => value === true),
  test("integer", (value) => typeof value === "bigint"),
  test("float", (value) => typeof value === "number"),
  test("lower", (value) => IS.islower!(text(value))),
  test("upper", (value) => IS.isupper!(text(value))),
  test("string", (value) => typeof value === "string" || value instanceof Markup),
  test("mapping", (value) => value instanceof Dict),
  test("number", (value) =>
    typeof value === "bigint" || typeof value === "number" || typeof value === "boolean"),
  test("sequence", isSequence),
  test("iterable", (value) => value instanceof Markup || iterable(value) !== undefined),
  test("callable", (value) =>
    value instanceof Callable || value instanceof Undefined || (value instanceof Opaque && value.callable)),
  test("sameas", same, OTHER),
  test("escaped", (value) => value instanceof Markup),
  test("in", (value, container) => contains(container, value), ["seq/"]),
  ...compare(["==", "eq", "equalto"], equal),
  ...compare(["!=", "ne"], (value, other) => !equal(value, other)),
  ...compare([">", "gt", "greaterthan"], (value, other) => less(value, other, ">")),
  ...compare([">=", "ge"], (value, other) => less(value, other, ">=")),
  ...compare(["<", "lt", "lessthan"], (value, other) => less(value, other, "<")),
  ...compare(["<=", "le"], (value, other) => less(value, other, "<=")),
]);

export function applyTest(name: string, value: Value, args: readonly Value[], kwargs: Kwargs): boolean {
  const apply = TESTS.get(name);
  if (!apply) throw new TemplateFault(`No test named '${name}'.`);
  return apply(value, args, kwargs);
}
