/**
 * Chat templates as transformers renders them: jinja2's immutable sandbox with `trim_blocks`, `lstrip_blocks`, loop
 * controls and the `generation` tag. A template's text is Python's, or it is refused by name.
 */
import { checkTemplate, namesIn } from "./check.ts";
import { argumentsOf, callWith, ENVIRONMENT, evaluate, Scope } from "./evaluate.ts";
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { globalNames } from "./globals.ts";
import { LoopContext, Macro, Namespace, TemplateReference } from "./objects.ts";
import { type Expression, parseTemplate, type Signature, type Statement, type Target } from "./parser.ts";
import { text } from "./printing.ts";
import { fromJson, iterate, Lazy, truth, Undefined, type Value } from "./values.ts";

/** What a template may do for one conversation; a longer one hangs or fills the memory. */
const MAX_STEPS = 5_000_000;
const MAX_OUTPUT = 16_000_000;
const MAX_CALLS = 200;

/** A statement left its loop. */
type Left = "break" | "continue" | undefined;
type Of<T extends Statement["type"]> = Extract<Statement, { type: T }>;

/** A parsed template. */
export class Template {
  readonly #body: Statement[];
  readonly #blocks: ReadonlySet<string>;

  /** @throws {TemplateFault} for what jinja2 cannot compile */
  constructor(source: string) {
    this.#body = parseTemplate(source);
    this.#blocks = checkTemplate(this.#body);
  }

  /**
   * @param names JSON values that the template can read
   * @param now the moment that `strftime_now` tells
   * @throws {TemplateFault} where Python would raise
   * @throws {TemplateRefusal} for what is not done here
   */
  render(names: Record<string, unknown>, now: () => Date = () => new Date()): string {
    const root = new Scope(null);
    for (const [name, value] of globalNames(now)) root.set(name, value);
    root.set("self", new TemplateReference(this.#blocks));
    for (const [name, value] of Object.entries(names)) root.set(name, fromJson(value));
    const rendering = new Rendering(root);
    try {
      const top = new Scope(root);
      rendering.top = top;
      rendering.run(this.#body, top);
    } catch (thrown) {
      if (thrown instanceof RangeError) {
        throw new TemplateFault("maximum recursion depth exceeded", { cause: thrown });
      }
      throw thrown;
    }
    return rendering.taken();
  }
}

class Rendering {
  /** Where the template's own names are, which blocks see. */
  top: Scope;
  #output: string[] = [];
  #length = 0;
  #steps = 0;
  #calls = 0;

  constructor(root: Scope) {
    this.top = root;
  }

  taken(): string {
    return this.#output.join("");
  }

  #write(piece: string): void {
    this.#length += piece.length;
    if (this.#length > MAX_OUTPUT) throw new TemplateRefusal("A text this long");
    this.#output.push(piece);
  }

  #step(): void {
    if (++this.#steps > MAX_STEPS) throw new TemplateRefusal(`More than ${MAX_STEPS} steps`);
  }

  /** What `work` writes, apart. */
  #apart(work: () => void): string {
    const output = this.#output;
    this.#output = [];
    try {
      work();
      return this.#output.join("");
    } finally {
      this.#output = output;
    }
  }

  run(body: Statement[], scope: Scope): Left {
    for (const statement of body) {
      this.#step();
      const left = (this.#STATEMENTS[statement.type] as (of: Statement, scope: Scope) => Left)(
        statement,
        scope,
      );
      if (left) return left;
    }
    return undefined;
  }

  readonly #STATEMENTS: { [T in Statement["type"]]: (of: Of<T>, scope: Scope) => Left | void } = {
    data: ({ text }) => this.#write(text),
    print: ({ of }, scope) => this.#write(text(evaluate(of, scope))),
    if: ({ branches, otherwise }, scope) => {
      const taken = branches.find(({ test }) => truth(evaluate(test, scope)));
      return this.run(taken?.body ?? otherwise, scope);
    },
    for: (of, scope) => this.#loop(of, evaluate(of.over, scope), scope, 0),
    set: ({ target, to }, scope) => assign(target, evaluate(to, scope), scope),
    set_block: ({ target, filter, body }, scope) => {
      let left: Left;
      const inside = new Scope(scope);
      const written = this.#apart(() => left = this.run(body, inside));
      if (left) return left;
      assign(target, filter ? filtered(filter, written, inside) : written, scope);
    },
    macro: ({ name, signature, body }, scope) => scope.set(name, this.#macro(name, signature, body, scope)),
    call_block: ({ call, signature, body }, scope) =>
      this.#write(text(callWith(call, scope, this.#macro(null, signature, body, scope)))),
    filter_block: ({ filter, body }, scope) => {
      let left: Left;
      const inside = new Scope(scope);
      const written = this.#apart(() => left = this.run(body, inside));
      if (left) return left;
      this.#write(text(filtered(filter, written, inside)));
    },
    with: ({ targets, body }, scope) => {
      const inside = new Scope(scope);
      const values = targets.map(([, value]) => evaluate(value, scope));
      targets.forEach(([target], at) => assign(target, values[at]!, inside));
      return this.run(body, inside);
    },
    block: ({ scoped, body }, scope) => void this.run(body, new Scope(scoped ? scope : this.top)),
    // transformers makes it a call block.
    generation: ({ body }, scope) =>
      this.#write(text(this.#macro(null, NO_PARAMETERS, body, scope).call([], new Map()))),
    refused: ({ tag }) => {
      throw new TemplateRefusal(`The tag ${tag}`);
    },
    break: () => "break",
    continue: () => "continue",
  };

  #loop(of: Of<"for">, over: Value, scope: Scope, depth: number): Left {
    const { target, test, recursive, body, otherwise } = of;
    const kept = test ? new Lazy(this.#passing(of, iterate(over), scope)) : over;
    const recurse = recursive
      ? (inner: Value, level: number) =>
        this.#call(() => this.#apart(() => void this.#loop(of, inner, scope, level)))
      : null;
    const loop = new LoopContext(kept, recurse, depth);
    let any = false;
    for (let next = loop.next(); next; next = loop.next()) {
      this.#step();
      const inside = new Scope(scope);
      inside.set("loop", loop);
      assign(target, next.item, inside);
      const left = this.run(body, inside);
      if (left === "break") break;
      // What ends an iteration early keeps jinja2 from noting that there was one.
      if (left !== "continue") any = true;
    }
    return any ? undefined : this.run(otherwise, new Scope(scope));
  }

  *#passing({ target, test }: Of<"for">, over: Iterable<Value>, scope: Scope): Iterable<Value> {
    for (const item of over) {
      this.#step();
      const inside = new Scope(scope);
      assign(target, item, inside);
      if (truth(evaluate(test!, inside))) yield item;
    }
  }

  #call<T>(work: () => T): T {
    if (++this.#calls > MAX_CALLS) throw new TemplateFault("maximum recursion depth exceeded");
    const result = work();
    this.#calls--;
    return result;
  }

  #macro(name: string | null, { parameters, defaults }: Signature, body: Statement[], scope: Scope): Macro {
    const names = namesIn(body);
    const catches = {
      caller: names.has("caller"),
      kwargs: names.has("kwargs") && !parameters.includes("kwargs"),
      varargs: names.has("varargs") && !parameters.includes("varargs"),
    };
    const run: Macro["parts"]["run"] = (given, extra) =>
      this.#call(() => {
        this.#step();
        const inside = new Scope(scope);
        for (const [key, value] of Object.entries(extra)) inside.set(key, value);
        parameters.forEach((parameter, at) => {
          const standard = defaults[at - parameters.length + defaults.length];
          const own = given[at];
          const otherwise = () => standard ? evaluate(standard, inside) : notGiven(parameter);
          inside.set(parameter, own === undefined ? otherwise() : own);
        });
        return this.#apart(() => void this.run(body, inside));
      });
    return new Macro({ name, parameters, catches, run });
  }
}

const NO_PARAMETERS: Signature = { parameters: [], defaults: [] };

function notGiven(parameter: string): Value {
  return new Undefined(`parameter '${parameter}' was not provided`);
}

function filtered(filter: Expression, value: string, scope: Scope): Value {
  if (filter.type !== "filter") throw new TemplateFault("expected a filter");
  const inner = filter.of ? filtered(filter.of, value, scope) : value;
  const { args, kwargs } = argumentsOf(filter.given, scope);
  return ENVIRONMENT.filter(filter.name, inner, args, kwargs);
}

function assign(target: Target, value: Value, scope: Scope): void {
  if (target.type === "name") scope.set(target.name, value);
  else if (target.type === "field") {
    const namespace = scope.get(target.of);
    if (!(namespace instanceof Namespace)) {
      throw new TemplateFault("cannot assign attribute on non-namespace object");
    }
    namespace.set(target.name, value);
  } else {
    const items = [...iterate(value)];
    if (items.length !== target.items.length) {
      throw new TemplateFault(`expected ${target.items.length} values to unpack, got ${items.length}`);
    }
    target.items.forEach((one, at) => assign(one, items[at]!, scope));
  }
}
