/** A template's syntax tree, by the grammar of jinja2 with the loop controls and `generation` that transformers adds. */
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { type Token, tokenize } from "./lexer.ts";

export type Expression =
  | { type: "constant"; value: null | boolean | bigint | number | string }
  | { type: "name"; name: string }
  | { type: "list" | "tuple"; items: Expression[] }
  | { type: "dict"; pairs: [Expression, Expression][] }
  | { type: "attribute"; of: Expression; name: string }
  | { type: "element"; of: Expression; key: Expression }
  | { type: "slice"; of: Expression; bounds: (Expression | null)[] }
  | { type: "call"; of: Expression; given: Arguments }
  | { type: "filter"; of: Expression | null; name: string; given: Arguments }
  | { type: "test"; of: Expression; name: string; given: Arguments }
  | { type: "not" | "negative" | "positive"; of: Expression }
  | { type: "and" | "or"; left: Expression; right: Expression }
  | { type: "binary"; operator: string; left: Expression; right: Expression }
  | { type: "compare"; first: Expression; rest: { operator: string; with: Expression }[] }
  | { type: "concat"; items: Expression[] }
  | { type: "condition"; test: Expression; yes: Expression; no: Expression | null };

export interface Arguments {
  args: Expression[];
  kwargs: [string, Expression][];
  star: Expression | null;
  doubleStar: Expression | null;
}

export type Target =
  | { type: "name"; name: string }
  | { type: "field"; of: string; name: string }
  | { type: "tuple"; items: Target[] };

export interface Signature {
  parameters: string[];
  /** Of the last parameters. */
  defaults: Expression[];
}

export type Statement =
  | { type: "data"; text: string }
  | { type: "print"; of: Expression }
  | { type: "if"; branches: { test: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | {
    type: "for";
    target: Target;
    over: Expression;
    test: Expression | null;
    recursive: boolean;
    body: Statement[];
    otherwise: Statement[];
  }
  | { type: "set"; target: Target; to: Expression }
  | { type: "set_block"; target: Target; filter: Expression | null; body: Statement[] }
  | { type: "macro"; name: string; signature: Signature; body: Statement[] }
  | { type: "call_block"; call: Expression & { type: "call" }; signature: Signature; body: Statement[] }
  | { type: "filter_block"; filter: Expression; body: Statement[] }
  | { type: "with"; targets: [Target, Expression][]; body: Statement[] }
  | { type: "block"; name: string; scoped: boolean; body: Statement[] }
  | { type: "generation"; body: Statement[] }
  | { type: "refused"; tag: string }
  | { type: "break" | "continue" };

const COMPARISONS = ["==", "!=", "<", "<=", ">", ">="];

/** Tags that read other templates, of which there are none, and one that turns HTML's escapes on. */
const REFUSED_TAGS = ["extends", "include", "import", "from", "autoescape"];

/** Deeper ones would exhaust the stack. */
const MAX_DEPTH = 200;

/** @throws {TemplateFault} where jinja2 finds a syntax error */
export function parseTemplate(source: string): Statement[] {
  return new Parser(tokenize(source)).template();
}

class Parser {
  #at = 0;
  #depth = 0;
  constructor(readonly tokens: Token[]) {}

  template(): Statement[] {
    const body = this.#body(null);
    return body;
  }

  get #token(): Token {
    return this.tokens[this.#at]!;
  }

  #next(): Token {
    const token = this.#token;
    if (token.type !== "eof") this.#at++;
    return token;
  }

  #is(value: string, ahead = 0): boolean {
    const token = this.tokens[this.#at + ahead];
    return (token?.type === "operator" || token?.type === "name") && token.value === value;
  }

  #skip(value: string): boolean {
    if (!this.#is(value)) return false;
    this.#at++;
    return true;
  }

  #fail(what: string): never {
    throw new TemplateFault(`${what} on line ${this.#token.line}`);
  }

  #expect(value: string): void {
    if (!this.#skip(value)) {
      this.#fail(`expected '${value}', got '${this.#token.value || "end of template"}'`);
    }
  }

  #expectType(type: Token["type"]): Token {
    if (this.#token.type !== type) {
      this.#fail(`expected ${type}, got '${this.#token.value || "end of template"}'`);
    }
    return this.#next();
  }

  /** Statements up to one of the end tags, whose name is the next token; all with none. */
  #body(ends: string[] | null): Statement[] {
    if (++this.#depth > MAX_DEPTH) this.#fail("too deeply nested");
    const body: Statement[] = [];
    for (;;) {
      const token = this.#next();
      if (token.type === "eof") {
        if (ends) this.#fail(`expected ${ends.join(" or ")}, got the end of the template`);
        break;
      }
      if (token.type === "data") body.push({ type: "data", text: token.value });
      else if (token.type === "variable_begin") {
        body.push({ type: "print", of: this.#tuple() });
        this.#expectType("variable_end");
      } else if (token.type === "block_begin") {
        if (ends && this.#token.type === "name" && ends.includes(this.#token.value)) break;
        body.push(...this.#statement());
        this.#expectType("block_end");
      } else this.#fail(`unexpected '${token.value}'`);
    }
    this.#depth--;
    return body;
  }

  /** The body of a statement; the end tag that was found. */
  #block(...ends: string[]): { body: Statement[]; end: string } {
    this.#skip(":");
    this.#expectType("block_end");
    const body = this.#body(ends);
    return { body, end: this.#next().value };
  }

  #statement(): Statement[] {
    const tag = this.#expectType("name").value;
    if (REFUSED_TAGS.includes(tag)) {
      while (!["block_end", "eof"].includes(this.#token.type)) this.#next();
      return [{ type: "refused", tag }];
    }
    const parse = STATEMENTS.get(tag);
    if (!parse) this.#fail(`Encountered unknown tag '${tag}'`);
    const statement = parse.call(this);
    return Array.isArray(statement) ? statement : [statement];
  }

  for(): Statement {
    const target = this.#target(["in"]);
    this.#expect("in");
    const over = this.#tuple({ conditional: false, ends: ["recursive"] });
    const test = this.#skip("if") ? this.#expression() : null;
    const recursive = this.#skip("recursive");
    const { body, end } = this.#block("endfor", "else");
    const otherwise = end === "else" ? this.#block("endfor").body : [];
    return { type: "for", target, over, test, recursive, body, otherwise };
  }

  if(): Statement {
    const branches: { test: Expression; body: Statement[] }[] = [];
    for (;;) {
      const test = this.#tuple({ conditional: false });
      const { body, end } = this.#block("elif", "else", "endif");
      branches.push({ test, body });
      if (end === "elif") continue;
      return { type: "if", branches, otherwise: end === "else" ? this.#block("endif").body : [] };
    }
  }

  set(): Statement {
    const target = this.#target([], true);
    if (this.#skip("=")) return { type: "set", target, to: this.#tuple() };
    const filter = this.#filters(null);
    return { type: "set_block", target, filter, body: this.#block("endset").body };
  }

  macro(): Statement {
    const name = this.#expectType("name").value;
    this.#assignable(name);
    const signature = this.#signature();
    return { type: "macro", name, signature, body: this.#block("endmacro").body };
  }

  call(): Statement {
    const signature = this.#is("(") ? this.#signature() : { parameters: [], defaults: [] };
    const call = this.#expression();
    if (call.type !== "call") this.#fail("expected call");
    return { type: "call_block", call, signature, body: this.#block("endcall").body };
  }

  filter(): Statement {
    const filter = this.#filters(null, true)!;
    return { type: "filter_block", filter, body: this.#block("endfilter").body };
  }

  with(): Statement {
    const targets: [Target, Expression][] = [];
    while (this.#token.type !== "block_end") {
      if (targets.length > 0) this.#expect(",");
      const target = this.#target([]);
      this.#expect("=");
      targets.push([target, this.#expression()]);
    }
    return { type: "with", targets, body: this.#block("endwith").body };
  }

  block(): Statement {
    const name = this.#expectType("name").value;
    const scoped = this.#skip("scoped");
    if (this.#skip("required")) throw new TemplateRefusal("A required block");
    const { body } = this.#block("endblock");
    this.#skip(name);
    return { type: "block", name, scoped, body };
  }

  print(): Statement[] {
    const printed: Statement[] = [];
    while (this.#token.type !== "block_end") {
      if (printed.length > 0) this.#expect(",");
      printed.push({ type: "print", of: this.#expression() });
    }
    return printed;
  }

  generation(): Statement {
    return { type: "generation", body: this.#block("endgeneration").body };
  }

  #signature(): Signature {
    const parameters: string[] = [], defaults: Expression[] = [];
    this.#expect("(");
    while (!this.#is(")")) {
      if (parameters.length > 0) this.#expect(",");
      const name = this.#expectType("name").value;
      this.#assignable(name);
      if (this.#skip("=")) defaults.push(this.#expression());
      else if (defaults.length > 0) this.#fail("non-default argument follows default argument");
      parameters.push(name);
    }
    this.#expect(")");
    return { parameters, defaults };
  }

  #assignable(name: string): void {
    if (CONSTANTS.has(name)) this.#fail(`can't assign to '${name}'`);
  }

  #target(ends: string[], fields = false): Target {
    const expression = this.#tuple({ simple: true, ends, fields });
    return this.#asTarget(expression);
  }

  #asTarget(expression: Expression): Target {
    if (expression.type === "name") return expression;
    if (expression.type === "attribute" && expression.of.type === "name") {
      return { type: "field", of: expression.of.name, name: expression.name };
    }
    if (expression.type === "tuple") {
      return {
        type: "tuple",
        items: expression.items.map((one) => this.#asTarget(one)),
      };
    }
    return this.#fail(`can't assign to '${expression.type}'`);
  }

  /** One expression, or several with commas between as a tuple. */
  #tuple(
    { simple = false, conditional = true, ends = [], parentheses = false, fields = false }: {
      simple?: boolean;
      conditional?: boolean;
      ends?: string[];
      parentheses?: boolean;
      fields?: boolean;
    } = {},
  ): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.#expect(",");
      const { type } = this.#token;
      if (
        type === "variable_end" || type === "block_end" || this.#is(")") || ends.some((end) => this.#is(end))
      ) break;
      items.push(simple ? this.#primary(fields) : this.#expression(conditional));
      if (!this.#is(",")) break;
      isTuple = true;
    }
    if (!isTuple) {
      if (items.length > 0) return items[0]!;
      if (!parentheses) this.#fail(`Expected an expression, got '${this.#token.value}'`);
    }
    return { type: "tuple", items };
  }

  #expression(conditional = true): Expression {
    if (++this.#depth > MAX_DEPTH) this.#fail("too deeply nested");
    const expression = conditional ? this.#condition() : this.#or();
    this.#depth--;
    return expression;
  }

  #condition(): Expression {
    let yes = this.#or();
    while (this.#skip("if")) {
      const test = this.#or();
      yes = { type: "condition", test, yes, no: this.#skip("else") ? this.#expression() : null };
    }
    return yes;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#skip("or")) left = { type: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#skip("and")) left = { type: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    let count = 0;
    while (this.#skip("not")) count++;
    let of = this.#compare();
    for (; count > 0; count--) of = { type: "not", of };
    return of;
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: { operator: string; with: Expression }[] = [];
    for (;;) {
      const operator = this.#token.value;
      if (this.#token.type === "operator" && COMPARISONS.includes(operator)) {
        this.#next();
        rest.push({ operator, with: this.#sum() });
      } else if (this.#skip("in")) rest.push({ operator: "in", with: this.#sum() });
      else if (this.#is("not") && this.#is("in", 1)) {
        this.#at += 2;
        rest.push({ operator: "not in", with: this.#sum() });
      } else return rest.length > 0 ? { type: "compare", first, rest } : first;
    }
  }

  #binary(operators: string[], operand: () => Expression): Expression {
    let left = operand();
    while (this.#token.type === "operator" && operators.includes(this.#token.value)) {
      const operator = this.#next().value;
      left = { type: "binary", operator, left, right: operand() };
    }
    return left;
  }

  #sum(): Expression {
    return this.#binary(["+", "-"], () => this.#concat());
  }

  #concat(): Expression {
    const items = [this.#product()];
    while (this.#skip("~")) items.push(this.#product());
    return items.length === 1 ? items[0]! : { type: "concat", items };
  }

  #product(): Expression {
    return this.#binary(["*", "/", "//", "%"], () => this.#binary(["**"], () => this.#unary()));
  }

  #unary(filters = true): Expression {
    let of: Expression;
    if (this.#is("-") || this.#is("+")) {
      if (++this.#depth > MAX_DEPTH) this.#fail("too deeply nested");
      const type = this.#next().value === "-" ? "negative" as const : "positive" as const;
      of = { type, of: this.#unary(false) };
      this.#depth--;
    } else of = this.#primary();
    of = this.#postfix(of);
    return filters ? this.#filtered(of) : of;
  }

  #primary(fields = false): Expression {
    const token = this.#token;
    if (token.type === "name") {
      this.#next();
      const constant = CONSTANTS.get(token.value);
      if (constant !== undefined) return { type: "constant", value: constant };
      const name = { type: "name" as const, name: token.value };
      if (fields && this.#skip(".")) {
        return { type: "attribute", of: name, name: this.#expectType("name").value };
      }
      return name;
    }
    if (token.type === "string") {
      let value = "";
      while (this.#token.type === "string") value += this.#next().value;
      return { type: "constant", value };
    }
    if (token.type === "integer" || token.type === "float") {
      this.#next();
      return { type: "constant", value: token.number! };
    }
    if (this.#skip("(")) {
      const inside = this.#tuple({ parentheses: true });
      this.#expect(")");
      return inside;
    }
    if (this.#skip("[")) return { type: "list", items: this.#items("]", () => this.#expression()) };
    if (this.#skip("{")) {
      const pairs = this.#items("}", () => {
        const key = this.#expression();
        this.#expect(":");
        return [key, this.#expression()] as [Expression, Expression];
      });
      return { type: "dict", pairs };
    }
    return this.#fail(`unexpected '${token.value || "end of template"}'`);
  }

  #items<T>(end: string, one: () => T): T[] {
    const items: T[] = [];
    while (!this.#is(end)) {
      if (items.length > 0) this.#expect(",");
      if (this.#is(end)) break;
      items.push(one());
    }
    this.#expect(end);
    return items;
  }

  #postfix(of: Expression): Expression {
    for (;;) {
      if (this.#skip(".")) {
        const token = this.#next();
        if (token.type === "name") of = { type: "attribute", of, name: token.value };
        else if (token.type === "integer") {
          of = { type: "element", of, key: { type: "constant", value: token.number! } };
        } else this.#fail("expected name or number");
      } else if (this.#skip("[")) of = this.#subscript(of);
      else if (this.#is("(")) of = { type: "call", of, given: this.#arguments() };
      else return of;
    }
  }

  #subscript(of: Expression): Expression {
    const keys: (Expression | { bounds: (Expression | null)[] })[] = [];
    while (!this.#is("]")) {
      if (keys.length > 0) this.#expect(",");
      keys.push(this.#subscribed());
    }
    this.#expect("]");
    const [only] = keys;
    if (keys.length === 1) {
      return "bounds" in only!
        ? { type: "slice", of, bounds: only.bounds }
        : { type: "element", of, key: only as Expression };
    }
    if (keys.some((key) => "bounds" in key)) throw new TemplateRefusal("A slice among several indices");
    return { type: "element", of, key: { type: "tuple", items: keys as Expression[] } };
  }

  #subscribed(): Expression | { bounds: (Expression | null)[] } {
    const bounds: (Expression | null)[] = [];
    if (this.#skip(":")) bounds.push(null);
    else {
      const key = this.#expression();
      if (!this.#skip(":")) return key;
      bounds.push(key);
    }
    const ends = () => this.#is("]") || this.#is(",");
    bounds.push(this.#is(":") || ends() ? null : this.#expression());
    bounds.push(this.#skip(":") && !ends() ? this.#expression() : null);
    return { bounds };
  }

  #arguments(): Arguments {
    this.#expect("(");
    const given: Arguments = { args: [], kwargs: [], star: null, doubleStar: null };
    const ensure = (right: boolean) => right || this.#fail("invalid syntax for function call expression");
    for (let first = true; !this.#is(")"); first = false) {
      if (!first) {
        this.#expect(",");
        if (this.#is(")")) break;
      }
      if (this.#skip("*")) {
        ensure(!given.star && !given.doubleStar);
        given.star = this.#expression();
      } else if (this.#skip("**")) {
        ensure(!given.doubleStar);
        given.doubleStar = this.#expression();
      } else if (this.#token.type === "name" && this.#is("=", 1)) {
        ensure(!given.doubleStar);
        const name = this.#next().value;
        this.#next();
        given.kwargs.push([name, this.#expression()]);
      } else {
        ensure(!given.star && !given.doubleStar && given.kwargs.length === 0);
        given.args.push(this.#expression());
      }
    }
    this.#expect(")");
    return given;
  }

  #filtered(of: Expression): Expression {
    for (;;) {
      if (this.#is("|")) of = this.#filters(of)!;
      else if (this.#skip("is")) of = this.#test(of);
      else if (this.#is("(")) of = { type: "call", of, given: this.#arguments() };
      else return of;
    }
  }

  #dotted(): string {
    let name = this.#expectType("name").value;
    while (this.#skip(".")) name += `.${this.#expectType("name").value}`;
    return name;
  }

  #filters(of: Expression | null, inline = false): Expression | null {
    while (inline || this.#skip("|")) {
      inline = false;
      const name = this.#dotted();
      of = { type: "filter", of, name, given: this.#is("(") ? this.#arguments() : NO_ARGUMENTS };
    }
    return of;
  }

  #test(of: Expression): Expression {
    const negated = this.#skip("not");
    const name = this.#dotted();
    let given = NO_ARGUMENTS;
    const { type } = this.#token;
    if (this.#is("(")) given = this.#arguments();
    else if (
      (["name", "string", "integer", "float"].includes(type) || this.#is("[") || this.#is("{")) &&
      !["else", "or", "and"].some((word) => this.#is(word))
    ) {
      if (this.#is("is")) this.#fail("You cannot chain multiple tests with is");
      given = { ...NO_ARGUMENTS, args: [this.#postfix(this.#primary())] };
    }
    const test: Expression = { type: "test", of, name, given };
    return negated ? { type: "not", of: test } : test;
  }
}

const NO_ARGUMENTS: Arguments = { args: [], kwargs: [], star: null, doubleStar: null };

const CONSTANTS = new Map<string, boolean | null>([
  ...[["true", true], ["True", true], ["false", false], ["False", false], ["none", null], [
    "None",
    null,
  ]] as const,
]);

const STATEMENTS = new Map<string, (this: Parser) => Statement | Statement[]>([
  ...(["for", "if", "set", "macro", "call", "filter", "with", "block", "print", "generation"] as const)
    .map((tag) => [tag, Parser.prototype[tag]] as const),
  ["break", () => ({ type: "break" })],
  ["continue", () => ({ type: "continue" })],
]);
