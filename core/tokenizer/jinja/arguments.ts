/** How Python binds the arguments of a call to the parameters of a function. */
import { TemplateFault } from "./faults.ts";
import { asInt, defined, type Kwargs, typeName, unmarked, type Value } from "./values.ts";

/** A parameter: its name, after a slash where it has no default. `index/` is one that must be given. */
export type Parameters = readonly string[];

/**
 * The values of `parameters` in their order; undefined where a parameter with a default is not given.
 * @param named whether parameters may be given by name
 * @throws {TemplateFault} for what is missing, too much or unknown
 */
export function bind(
  of: string,
  parameters: Parameters,
  args: readonly Value[],
  kwargs: Kwargs,
  named = true,
): (Value | undefined)[] {
  if (args.length > parameters.length) {
    throw new TemplateFault(`${of}() takes at most ${parameters.length} arguments (${args.length} given)`);
  }
  const bound: (Value | undefined)[] = parameters.map((_, at) => args[at]);
  for (const [name, value] of kwargs) {
    const at = named ? parameters.findIndex((parameter) => parameter.replace("/", "") === name) : -1;
    if (at < 0) throw new TemplateFault(`${of}() got an unexpected keyword argument '${name}'`);
    if (bound[at] !== undefined) {
      throw new TemplateFault(`${of}() got multiple values for argument '${name}'`);
    }
    bound[at] = value;
  }
  parameters.forEach((parameter, at) => {
    if (parameter.endsWith("/") && bound[at] === undefined) {
      throw new TemplateFault(`${of}() missing required argument: '${parameter.slice(0, -1)}'`);
    }
  });
  return bound;
}

/** A str argument. */
export function textArgument(value: Value | undefined, of: string): string {
  if (value !== undefined) {
    const plain = unmarked(defined(value));
    if (typeof plain === "string") return plain;
  }
  throw new TemplateFault(`${of} must be str, not ${value === undefined ? "missing" : typeName(value)}`);
}

/** An int argument, for an index or a count. */
export function intArgument(value: Value | undefined, fallback: number, of: string): number {
  if (value === undefined) return fallback;
  const int = asInt(defined(value));
  if (int === undefined) {
    throw new TemplateFault(`${of}: '${typeName(value)}' object cannot be interpreted as an integer`);
  }
  return Number(int);
}
