/** The names that every template has: jinja2's, and those that transformers adds. */
import { bind, textArgument } from "./arguments.ts";
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { Cycler, dictArguments, Joiner, Namespace } from "./objects.ts";
import { text } from "./printing.ts";
import { strftime } from "./strftime.ts";
import {
  asInt,
  Callable,
  defined,
  given,
  type Kwargs,
  Opaque,
  Range,
  typeName,
  type Value,
} from "./values.ts";

/** The sandbox allows no longer ones. */
const MAX_RANGE = 100_000n;

function range(args: readonly Value[], kwargs: Kwargs): Value {
  if (kwargs.size > 0 || args.length < 1 || args.length > 3) {
    throw new TemplateFault("range expected 1 to 3 arguments");
  }
  const numbers = args.map((value) => {
    const int = asInt(defined(value));
    if (int === undefined) {
      throw new TemplateFault(`'${typeName(value)}' object cannot be interpreted as an integer`);
    }
    return int;
  });
  const [start, stop, step = 1n] = numbers.length === 1
    ? [0n, numbers[0]!]
    : numbers as [bigint, bigint, bigint?];
  if (step === 0n) throw new TemplateFault("range() arg 3 must not be zero");
  const made = new Range(start, stop, step);
  if (made.length > MAX_RANGE) throw new TemplateFault("Range too big");
  return made;
}

/** `dict(...)`, which can be called and looked into. */
class DictType extends Opaque {
  readonly typeName = "TemplateDict";
  override get callable(): boolean {
    return true;
  }
  attribute(name: string): Value | undefined {
    if (name === "fromkeys") throw new TemplateRefusal("dict.fromkeys");
    return undefined;
  }
  override call(args: readonly Value[], kwargs: Kwargs): Value {
    return dictArguments(args, kwargs);
  }
}

/** @param now the moment that `strftime_now` tells */
export function globalNames(now: () => Date): Map<string, Value> {
  const functions: [string, Callable["call"]][] = [
    ["range", range],
    ["namespace", (args, kwargs) => new Namespace(dictArguments(args, kwargs).entries())],
    ["cycler", (args, kwargs) => {
      if (kwargs.size > 0) throw new TemplateFault("cycler() takes no keyword arguments");
      return new Cycler(args);
    }],
    ["joiner", (args, kwargs) => new Joiner(given(bind("joiner", ["sep"], args, kwargs)[0], ", "))],
    ["lipsum", () => {
      throw new TemplateRefusal("lipsum, which is drawn by chance,");
    }],
    ["raise_exception", (args, kwargs) => {
      throw new TemplateFault(text(bind("raise_exception", ["message/"], args, kwargs)[0]!));
    }],
    ["strftime_now", (args, kwargs) => {
      return strftime(now(), textArgument(bind("strftime_now", ["format/"], args, kwargs)[0], "format"));
    }],
  ];
  const names = new Map<string, Value>(functions.map(([name, call]) => [name, new Callable(name, call)]));
  return names.set("dict", new DictType());
}
