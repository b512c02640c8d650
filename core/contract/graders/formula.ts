/**
 * The formula of a multi grader: arithmetic over the names of its graders. Its parser reads `+ - * / ^`, parentheses and
 * eight functions, and what it makes is a function of numbers: nothing of the text is ever run.
 */

/** A formula may have so many characters, and nest so deep. */
export const MAX_FORMULA_CHARS = 10_000;
const MAX_DEPTH = 100;

const FUNCTIONS: Record<string, { least: number; most: number; of: (...values: number[]) => number }> = {
  min: { least: 1, most: 64, of: Math.min },
  max: { least: 1, most: 64, of: Math.max },
  abs: { least: 1, most: 1, of: Math.abs },
  floor: { least: 1, most: 1, of: Math.floor },
  ceil: { least: 1, most: 1, of: Math.ceil },
  exp: { least: 1, most: 1, of: Math.exp },
  sqrt: { least: 1, most: 1, of: Math.sqrt },
  log: { least: 1, most: 1, of: Math.log },
};

type Term = (values: ReadonlyMap<string, number>) => number;

export interface Formula {
  /** The graders that it names, each once. */
  names: readonly string[];
  /** Its value, which may not be finite. */
  evaluate: Term;
}

/** A formula that is none. */
export class BadFormula extends Error {}

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|([-+*/^(),]))/y;

interface Token {
  kind: "number" | "name" | "sign";
  text: string;
  at: number;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (text.slice(at).trim() === "") break;
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) {
      const [sign] = text.slice(at).trimStart();
      throw new BadFormula(`Expected numbers, names of graders, + - * / ^ and parentheses, got '${sign}'`);
    }
    const [, number, name, sign] = found;
    const kind = number !== undefined ? "number" : name !== undefined ? "name" : "sign";
    tokens.push({ kind, text: number ?? name ?? sign!, at });
    at = TOKEN.lastIndex;
  }
  return tokens;
}

/** @throws {BadFormula} saying what is wrong */
export function parseFormula(text: string): Formula {
  if (text.length > MAX_FORMULA_CHARS) {
    throw new BadFormula(`Expected at most ${MAX_FORMULA_CHARS} characters, got ${text.length}`);
  }
  const tokens = tokensOf(text);
  const names = new Set<string>();
  let next = 0, depth = 0;
  const peek = (...signs: string[]) => {
    const token = tokens[next];
    return token?.kind === "sign" && signs.includes(token.text) ? token.text : null;
  };
  const take = (sign: string) => {
    if (peek(sign) === null) throw unexpected(`'${sign}'`);
    next++;
  };
  const unexpected = (wanted: string) =>
    new BadFormula(`Expected ${wanted}, got ${tokens[next] ? `'${tokens[next]!.text}'` : "the end"}`);
  const deeper = (inner: () => Term): Term => {
    if (++depth > MAX_DEPTH) throw new BadFormula(`Expected at most ${MAX_DEPTH} levels of parentheses`);
    const term = inner();
    depth--;
    return term;
  };

  /** Left to right: what is looped over is not nested. */
  function chain(signs: Record<string, (a: number, b: number) => number>, operand: () => Term): Term {
    const first = operand();
    const rest: [(a: number, b: number) => number, Term][] = [];
    for (let sign = peek(...Object.keys(signs)); sign !== null; sign = peek(...Object.keys(signs))) {
      next++;
      rest.push([signs[sign]!, operand()]);
    }
    if (rest.length === 0) return first;
    return (values) => rest.reduce((value, [of, term]) => of(value, term(values)), first(values));
  }
  const sum = (): Term => chain({ "+": (a, b) => a + b, "-": (a, b) => a - b }, product);
  const product = (): Term => chain({ "*": (a, b) => a * b, "/": (a, b) => a / b }, signed);
  /** A sign binds less than a power: −2^2 is −4. */
  function signed(): Term {
    const sign = peek("-", "+");
    if (sign === null) return power();
    next++;
    const term = deeper(signed);
    return sign === "-" ? (values) => -term(values) : term;
  }
  function power(): Term {
    const base = atom();
    if (peek("^") === null) return base;
    next++;
    const exponent = deeper(signed);
    return (values) => base(values) ** exponent(values);
  }
  function atom(): Term {
    const token = tokens[next];
    if (token?.kind === "number") {
      next++;
      const value = Number(token.text);
      return () => value;
    }
    if (token?.kind === "name") {
      next++;
      if (peek("(") !== null) return call(token.text);
      names.add(token.text);
      return (values) => values.get(token.text) ?? NaN;
    }
    if (peek("(") === null) throw unexpected("a number, a grader's name or '('");
    next++;
    const inner = deeper(sum);
    take(")");
    return inner;
  }
  function call(name: string): Term {
    if (!Object.hasOwn(FUNCTIONS, name)) {
      throw new BadFormula(`Expected a function among ${Object.keys(FUNCTIONS).join(", ")}, got '${name}'`);
    }
    const { least, most, of } = FUNCTIONS[name]!;
    take("(");
    const given: Term[] = [deeper(sum)];
    while (peek(",") !== null) {
      next++;
      given.push(deeper(sum));
    }
    take(")");
    if (given.length < least || given.length > most) {
      throw new BadFormula(
        `Expected ${least === most ? least : `${least} to ${most}`} of ${name}(), got ${given.length}`,
      );
    }
    return (values) => of(...given.map((term) => term(values)));
  }

  const evaluate = sum();
  if (next < tokens.length) throw unexpected("an operator or the end");
  return { names: [...names], evaluate };
}
