/** The objects of a template's own: loops, namespaces, cyclers, joiners. */
import { bind } from "./arguments.ts";
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { repr, text } from "./printing.ts";
import {
  Callable,
  Dict,
  equal,
  given,
  iterate,
  type Kwargs,
  Lazy,
  lengthOf,
  Opaque,
  Tuple,
  Undefined,
  type Value,
} from "./values.ts";

/** `loop`: reads one item ahead when asked for the next, and all of them when asked how many there are. */
export class LoopContext extends Opaque {
  readonly typeName = "LoopContext";
  #index0 = -1;
  #items: Iterator<Value>;
  #length: bigint | undefined;
  #ahead: { item: Value }[] = [];
  #before: Value = null;
  #current: Value = null;
  #changed: readonly Value[] | undefined;

  constructor(
    readonly over: Value,
    readonly recurse: ((over: Value, depth: number) => Value) | null,
    readonly depth0: number,
  ) {
    super();
    this.#items = iterate(over)[Symbol.iterator]();
  }

  next(): { item: Value } | undefined {
    const next = this.#ahead.shift() ?? this.#pull();
    if (!next) return undefined;
    this.#index0++;
    this.#before = this.#current;
    return { item: this.#current = next.item };
  }

  #pull(): { item: Value } | undefined {
    const { done, value } = this.#items.next();
    return done ? undefined : { item: value };
  }

  #peek(): { item: Value } | undefined {
    const next = this.#ahead[0] ?? this.#pull();
    if (next && this.#ahead.length === 0) this.#ahead.push(next);
    return next;
  }

  override length(): bigint {
    if (this.#length === undefined) {
      if (this.over instanceof Lazy) {
        for (let next = this.#pull(); next; next = this.#pull()) this.#ahead.push(next);
        this.#length = BigInt(this.#ahead.length + this.#index0 + 1);
      } else this.#length = lengthOf(this.over);
    }
    return this.#length;
  }

  override get callable(): boolean {
    return true;
  }

  override call([over, ...more]: readonly Value[], kwargs: Kwargs): Value {
    if (!this.recurse) {
      throw new TemplateFault("The loop must have the 'recursive' marker to be called recursively.");
    }
    const inner = given(kwargs.get("iterable"), over);
    if (inner === undefined || more.length > 0) throw new TemplateFault("loop() takes one iterable");
    return this.recurse(inner, this.depth0 + 1);
  }

  attribute(name: string): Value | undefined {
    const index0 = BigInt(this.#index0);
    switch (name) {
      case "index0":
        return index0;
      case "index":
        return index0 + 1n;
      case "revindex0":
        return this.length() - index0 - 1n;
      case "revindex":
        return this.length() - index0;
      case "first":
        return this.#index0 === 0;
      case "last":
        return this.#peek() === undefined;
      case "length":
        return this.length();
      case "depth0":
        return BigInt(this.depth0);
      case "depth":
        return BigInt(this.depth0 + 1);
      case "previtem":
        return this.#index0 === 0 ? new Undefined("there is no previous item") : this.#before;
      case "nextitem":
        return given(this.#peek()?.item, new Undefined("there is no next item"));
      case "cycle":
        return new Callable(name, (args) => {
          if (args.length === 0) throw new TemplateFault("no items for cycling given");
          return args[this.#index0 % args.length]!;
        });
      case "changed":
        return new Callable(name, (args) => {
          const known = this.#changed;
          const same = known !== undefined && equal([...known], [...args]);
          this.#changed = args;
          return !same;
        });
      default:
        return undefined;
    }
  }

  override repr(): string {
    return `<LoopContext ${this.#index0 + 1}/${this.length()}>`;
  }
}

/** `namespace()`: what outlives a loop. */
export class Namespace extends Opaque {
  readonly typeName = "TemplateNamespace";
  readonly #fields = new Dict();

  constructor(fields: Iterable<readonly [Value, Value]>) {
    super();
    for (const [name, value] of fields) this.set(name, value);
  }

  set(name: Value, value: Value): void {
    if (typeof name === "string" && name.startsWith("_")) {
      throw new TemplateFault(
        `Chat templates cannot store underscore-prefixed attributes on a namespace, but got '${name}'`,
      );
    }
    this.#fields.set(name, value);
  }

  attribute(name: string): Value | undefined {
    return this.#fields.get(name);
  }

  override repr(): string {
    return `<Namespace ${repr(this.#fields)}>`;
  }
}

/** The pairs that `dict(...)` and `namespace(...)` take. */
export function dictArguments(args: readonly Value[], kwargs: Kwargs): Dict {
  if (args.length > 1) throw new TemplateFault(`dict expected at most 1 argument, got ${args.length}`);
  const dict = new Dict();
  const [source] = args;
  if (source instanceof Dict) { for (const [key, value] of source.entries()) dict.set(key, value); }
  else if (source !== undefined) {
    for (const pair of iterate(source)) {
      const [key, value, ...more] = iterate(pair);
      if (key === undefined || value === undefined || more.length > 0) {
        throw new TemplateFault("dictionary update sequence elements must be pairs");
      }
      dict.set(key, value);
    }
  }
  for (const [key, value] of kwargs) dict.set(key, value);
  return dict;
}

export class Cycler extends Opaque {
  readonly typeName = "Cycler";
  #at = 0;
  constructor(readonly items: readonly Value[]) {
    super();
    if (items.length === 0) throw new TemplateFault("at least one item has to be provided");
  }
  attribute(name: string): Value | undefined {
    if (name === "current") return this.items[this.#at]!;
    if (name === "pos") return BigInt(this.#at);
    if (name === "reset") {
      return new Callable(name, () => {
        this.#at = 0;
        return null;
      });
    }
    if (name !== "next") return undefined;
    return new Callable(name, () => {
      const item = this.items[this.#at]!;
      this.#at = (this.#at + 1) % this.items.length;
      return item;
    });
  }
}

export class Joiner extends Opaque {
  readonly typeName = "Joiner";
  #used = false;
  constructor(readonly separator: Value) {
    super();
  }
  override get callable(): boolean {
    return true;
  }
  attribute(name: string): Value | undefined {
    return name === "sep" ? this.separator : name === "used" ? this.#used : undefined;
  }
  override call(args: readonly Value[], kwargs: Kwargs): Value {
    bind("joiner", [], args, kwargs);
    if (this.#used) return this.separator;
    this.#used = true;
    return "";
  }
}

/** `self`, which calls the template's blocks. */
export class TemplateReference extends Opaque {
  readonly typeName = "TemplateReference";
  constructor(readonly blocks: ReadonlySet<string>) {
    super();
  }
  attribute(name: string): Value | undefined {
    if (this.blocks.has(name)) throw new TemplateRefusal(`self.${name}`);
    return undefined;
  }
}

/** What a macro is made of; `run` gets the values of its parameters, undefined where none was given. */
export interface MacroParts {
  name: string | null;
  parameters: readonly string[];
  catches: { caller: boolean; kwargs: boolean; varargs: boolean };
  run(
    given: readonly (Value | undefined)[],
    extra: { caller?: Value; kwargs?: Value; varargs?: Value },
  ): string;
}

export class Macro extends Opaque {
  readonly typeName = "Macro";
  constructor(readonly parts: MacroParts) {
    super();
  }
  override get callable(): boolean {
    return true;
  }
  override repr(): string {
    return this.parts.name === null ? "<Macro anonymous>" : `<Macro ${repr(this.parts.name)}>`;
  }
  attribute(name: string): Value | undefined {
    const { parameters, catches } = this.parts;
    switch (name) {
      case "name":
        return this.parts.name;
      case "arguments":
        return new Tuple(parameters);
      case "caller":
        return catches.caller;
      case "catch_kwargs":
        return catches.kwargs;
      case "catch_varargs":
        return catches.varargs;
      default:
        return undefined;
    }
  }
  override call(args: readonly Value[], kwargs: Kwargs): Value {
    const { name, parameters, catches, run } = this.parts;
    const rest = new Map(kwargs);
    const own: (Value | undefined)[] = args.slice(0, parameters.length);
    let foundCaller = own.length === parameters.length && parameters.includes("caller");
    for (const parameter of parameters.slice(own.length)) {
      own.push(rest.get(parameter));
      rest.delete(parameter);
      if (parameter === "caller") foundCaller = true;
    }
    const extra: { caller?: Value; kwargs?: Value; varargs?: Value } = {};
    if (catches.caller && !foundCaller) {
      extra.caller = rest.get("caller") ?? new Undefined("No caller defined");
      if (extra.caller === null) extra.caller = new Undefined("No caller defined");
      rest.delete("caller");
    }
    if (catches.kwargs) extra.kwargs = Dict.of(rest);
    else if (rest.size > 0) {
      throw new TemplateFault(`macro '${text(name)}' takes no keyword argument '${[...rest.keys()][0]}'`);
    }
    const more = args.slice(parameters.length);
    if (catches.varargs) extra.varargs = new Tuple(more);
    else if (more.length > 0) {
      throw new TemplateFault(`macro '${text(name)}' takes not more than ${parameters.length} argument(s)`);
    }
    return run(own, extra);
  }
}
