/** The value of an expression. */
import { binary, signed } from "./arithmetic.ts";
import { TemplateFault } from "./faults.ts";
import { applyFilter, type Environment } from "./filters.ts";
import { attributeOf, elementOf, sliceOf } from "./lookup.ts";
import type { Arguments, Expression } from "./parser.ts";
import { text } from "./printing.ts";
import { applyTest } from "./tests.ts";
import {
  Callable,
  contains,
  defined,
  Dict,
  equal,
  given,
  iterate,
  type Kwargs,
  less,
  Opaque,
  truth,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** Names where an expression stands: those of its scope, of the scopes around it, of all templates. */
export class Scope {
  readonly #names = new Map<string, Value>();
  constructor(readonly outer: Scope | null) {}

  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }

  get(name: string): Value | undefined {
    const value = this.#names.get(name);
    return value === undefined ? this.outer?.get(name) : value;
  }
}

export const ENVIRONMENT: Environment = {
  filter: (name, value, args, kwargs) => applyFilter(name, value, args, kwargs, ENVIRONMENT),
  test: applyTest,
};

type Of<T extends Expression["type"]> = Extract<Expression, { type: T }>;

/** One comparison of a chain. */
const COMPARES: Record<string, (left: Value, right: Value) => boolean> = {
  "==": equal,
  "!=": (left, right) => !equal(left, right),
  "<": (left, right) => less(left, right, "<"),
  "<=": (left, right) => less(left, right, "<="),
  ">": (left, right) => less(left, right, ">"),
  ">=": (left, right) => less(left, right, ">="),
  in: (left, right) => contains(right, left),
  "not in": (left, right) => !contains(right, left),
};

const items = (of: Of<"list" | "tuple">, scope: Scope) => of.items.map((item) => evaluate(item, scope));

const EVALUATORS: { [T in Expression["type"]]: (of: Of<T>, scope: Scope) => Value } = {
  constant: ({ value }) => value,
  name: ({ name }, scope) => given(scope.get(name), new Undefined(`'${name}' is undefined`)),
  list: items,
  tuple: (of, scope) => new Tuple(items(of, scope)),
  dict: ({ pairs }, scope) =>
    Dict.of(pairs.map(([key, value]) => [evaluate(key, scope), evaluate(value, scope)] as const)),
  attribute: ({ of, name }, scope) => attributeOf(evaluate(of, scope), name),
  element: ({ of, key }, scope) => elementOf(evaluate(of, scope), evaluate(key, scope)),
  slice: ({ of, bounds }, scope) =>
    sliceOf(evaluate(of, scope), bounds.map((bound) => bound === null ? undefined : evaluate(bound, scope))),
  call: (of, scope) => callWith(of, scope),
  filter({ of, name, given: its }, scope) {
    const value = evaluate(of!, scope);
    const { args, kwargs } = argumentsOf(its, scope);
    return ENVIRONMENT.filter(name, value, args, kwargs);
  },
  test({ of, name, given: its }, scope) {
    const value = evaluate(of, scope);
    const { args, kwargs } = argumentsOf(its, scope);
    return ENVIRONMENT.test(name, value, args, kwargs);
  },
  not: ({ of }, scope) => !truth(evaluate(of, scope)),
  negative: ({ of }, scope) => signed(evaluate(of, scope), "-"),
  positive: ({ of }, scope) => signed(evaluate(of, scope), "+"),
  and({ left, right }, scope) {
    const value = evaluate(left, scope);
    return truth(value) ? evaluate(right, scope) : value;
  },
  or({ left, right }, scope) {
    const value = evaluate(left, scope);
    return truth(value) ? value : evaluate(right, scope);
  },
  binary: ({ operator, left, right }, scope) =>
    binary(operator)(evaluate(left, scope), evaluate(right, scope)),
  compare({ first, rest }, scope) {
    let left = evaluate(first, scope);
    for (const { operator, with: next } of rest) {
      const right = evaluate(next, scope);
      if (!COMPARES[operator]!(left, right)) return false;
      left = right;
    }
    return true;
  },
  concat: (of, scope) => of.items.map((item) => text(evaluate(item, scope))).join(""),
  condition({ test, yes, no }, scope) {
    if (truth(evaluate(test, scope))) return evaluate(yes, scope);
    return no
      ? evaluate(no, scope)
      : new Undefined("the inline if-expression evaluated to false and no else section was defined.");
  },
};

export function evaluate<T extends Expression["type"]>(of: Of<T>, scope: Scope): Value {
  return (EVALUATORS[of.type as T] as (of: Of<T>, scope: Scope) => Value)(of, scope);
}

export function argumentsOf(its: Arguments, scope: Scope): { args: Value[]; kwargs: Map<string, Value> } {
  const args = its.args.map((arg) => evaluate(arg, scope));
  const kwargs = new Map<string, Value>();
  for (const [name, value] of its.kwargs) {
    if (kwargs.has(name)) throw new TemplateFault(`keyword argument repeated: ${name}`);
    kwargs.set(name, evaluate(value, scope));
  }
  if (its.star) args.push(...iterate(evaluate(its.star, scope)));
  if (its.doubleStar) {
    const mapping = evaluate(its.doubleStar, scope);
    if (!(mapping instanceof Dict)) throw new TemplateFault("argument after ** must be a mapping");
    for (const [name, value] of mapping.entries()) {
      if (typeof name !== "string" || kwargs.has(name)) {
        throw new TemplateFault("keywords must be texts, each once");
      }
      kwargs.set(name, value);
    }
  }
  return { args, kwargs };
}

/** A call, with the macro of a call block as its `caller`. */
export function callWith({ of, given: its }: Of<"call">, scope: Scope, caller?: Value): Value {
  const callee = evaluate(of, scope);
  const { args, kwargs } = argumentsOf(its, scope);
  if (caller !== undefined) kwargs.set("caller", caller);
  return callValue(callee, args, kwargs);
}

function callValue(callee: Value, args: readonly Value[], kwargs: Kwargs): Value {
  const value = defined(callee);
  if (value instanceof Callable || value instanceof Opaque) return value.call(args, kwargs);
  throw new TemplateFault(`'${typeName(value)}' object is not callable`);
}
