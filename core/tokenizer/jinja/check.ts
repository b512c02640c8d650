/** What jinja2 finds when it compiles a template, before anything is rendered. */
import { TemplateFault } from "./faults.ts";
import { FILTERS, REFUSED_FILTERS } from "./filters.ts";
import { TESTS } from "./tests.ts";
import type { Expression, Signature, Statement, Target } from "./parser.ts";

/** Where a part of a template stands. */
interface Place {
  /** Inside the body of a loop, with no function between. */
  loop: boolean;
  /** In an `if`, where unknown filters and tests are looked for when they are needed. */
  soft: boolean;
  inFor: boolean;
}

/**
 * The names of a template's blocks, when all is well.
 * @throws {TemplateFault} for unknown filters and tests, and for break, continue and assignments that cannot be
 */
export function checkTemplate(body: Statement[]): ReadonlySet<string> {
  const blocks = new Set<string>();
  statements(body, { loop: false, soft: false, inFor: false }, blocks);
  return blocks;
}

function statements(body: Statement[], place: Place, blocks: Set<string>): void {
  const hard = { ...place, soft: false };
  const inside = (inner: Statement[], at: Place = hard) => statements(inner, at, blocks);
  const closed = { ...hard, loop: false };
  for (const statement of body) {
    switch (statement.type) {
      case "print":
        expression(statement.of, place);
        break;
      case "if":
        for (const branch of statement.branches) {
          expression(branch.test, { ...place, soft: true });
          inside(branch.body, { ...place, soft: true });
        }
        inside(statement.otherwise, { ...place, soft: true });
        break;
      case "for":
        target(statement.target, { ...hard, inFor: true });
        expression(statement.over, place);
        if (statement.test) expression(statement.test, hard);
        inside(statement.body, { ...hard, loop: true, inFor: true });
        inside(statement.otherwise, { ...(statement.recursive ? closed : hard), inFor: true });
        break;
      case "set":
        target(statement.target, place);
        expression(statement.to, place);
        break;
      case "set_block":
        target(statement.target, place);
        if (statement.filter) expression(statement.filter, hard);
        inside(statement.body);
        break;
      case "macro":
        signature(statement.signature, statement.body, closed);
        inside(statement.body, closed);
        break;
      case "call_block":
        expression(statement.call, place);
        signature(statement.signature, statement.body, closed);
        inside(statement.body, closed);
        break;
      case "filter_block":
        expression(statement.filter, hard);
        inside(statement.body);
        break;
      case "with":
        for (const [name, value] of statement.targets) target(name, hard), expression(value, place);
        inside(statement.body);
        break;
      case "block":
        if (blocks.has(statement.name)) throw new TemplateFault(`block '${statement.name}' defined twice`);
        blocks.add(statement.name);
        inside(statement.body, { loop: false, soft: false, inFor: false });
        break;
      case "generation":
        inside(statement.body, closed);
        break;
      case "break":
      case "continue":
        if (!place.loop) throw new TemplateFault(`'${statement.type}' outside loop`);
        break;
    }
  }
}

function target(of: Target, place: Place): void {
  if (of.type === "tuple") of.items.forEach((item) => target(item, place));
  else if (of.type === "name" && of.name === "loop" && place.inFor) {
    throw new TemplateFault("Can't assign to special loop variable in for-loop target");
  }
}

function signature({ parameters, defaults }: Signature, body: Statement[], place: Place): void {
  defaults.forEach((one) => expression(one, place));
  if (new Set(parameters).size < parameters.length) throw new TemplateFault("duplicate argument in a macro");
  const caller = parameters.indexOf("caller");
  if (caller >= 0 && caller < parameters.length - defaults.length && namesIn(body).has("caller")) {
    throw new TemplateFault('the special "caller" argument must be omitted or be given a default');
  }
}

/** All names that a part of a template reads. */
export function namesIn(body: Statement[]): Set<string> {
  const names = new Set<string>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (typeof node === "object" && node !== null) {
      const { type, name } = node as { type?: string; name?: string };
      if (type === "name") names.add(name!);
      else Object.values(node).forEach(walk);
    }
  };
  walk(body);
  return names;
}

function expression(of: Expression, place: Place): void {
  const known = of.type === "filter"
    ? FILTERS.has(of.name) || REFUSED_FILTERS.includes(of.name)
    : of.type === "test"
    ? TESTS.has(of.name)
    : true;
  if (!known && !place.soft) {
    throw new TemplateFault(`No ${of.type} named '${(of as { name: string }).name}'.`);
  }
  const inner = of.type === "condition" ? { ...place, soft: true } : place;
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (typeof node === "object" && node !== null) {
      if ("type" in node) expression(node as Expression, inner);
      else Object.values(node).forEach(walk);
    }
  };
  Object.values(of).forEach(walk);
}
