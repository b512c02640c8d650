/**
 * A template's source as tokens, by the rules of jinja2's lexer with `trim_blocks` and `lstrip_blocks`, as transformers
 * sets it up.
 */
import { TemplateFault, TemplateRefusal } from "./faults.ts";
import { SPACE } from "./unicode.ts";

export interface Token {
  type:
    | "data"
    | "variable_begin"
    | "variable_end"
    | "block_begin"
    | "block_end"
    | "name"
    | "string"
    | "integer"
    | "float"
    | "operator"
    | "eof";
  /** A name, an operator as it is written, a string without quotes and escapes. */
  value: string;
  number?: bigint | number;
  line: number;
}

const WHITE = `[${SPACE}]`;
const OPENING = new RegExp(
  `\\{%([-+]?)${WHITE}*raw${WHITE}*(?:-%\\}${WHITE}*|%\\})|(\\{%|\\{\\{|\\{#)([-+]?)`,
  "g",
);
const ENDS = {
  "{%": new RegExp(`\\+%\\}|-%\\}${WHITE}*|%\\}\\n?`, "y"),
  "{{": new RegExp(`-\\}\\}${WHITE}*|\\}\\}`, "y"),
};
const COMMENT_END = new RegExp(`\\+#\\}|-#\\}${WHITE}*|#\\}\\n?`, "g");
const RAW_END = new RegExp(`\\{%([-+]?)${WHITE}*endraw${WHITE}*(?:\\+%\\}|-%\\}${WHITE}*|%\\}\\n?)`, "g");
const BLANK = new RegExp(`^${WHITE}+$`);
const TRAILING = new RegExp(`${WHITE}+$`);

const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{XIDC}\p{L}\p{N}_]+/uy;
const IDENTIFIER = /^[\p{XIDS}_]\p{XIDC}*$/u;
const STRING = /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const SPACES = new RegExp(`${WHITE}+`, "y");
const CLOSERS: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

function at(pattern: RegExp, source: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(source);
}

const lines = (text: string) => text.split("\n").length - 1;

/** @throws {TemplateFault} where jinja2 finds no token */
export function tokenize(template: string): Token[] {
  const source = template.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const tokens: Token[] = [];
  let index = 0, line = 1, lineStarts = true;

  /** Text before a tag, of which the tag's sign and `lstrip_blocks` may take off the end. */
  const data = (text: string, sign: string, isVariable: boolean) => {
    let kept = text;
    if (sign === "-") kept = text.replace(TRAILING, "");
    else if (sign !== "+" && !isVariable) {
      const start = text.lastIndexOf("\n") + 1;
      if ((start > 0 || lineStarts) && BLANK.test(text.slice(start))) kept = text.slice(0, start);
    }
    if (kept !== "") tokens.push({ type: "data", value: kept, line });
    line += lines(text);
  };

  while (index < source.length) {
    const opening = at(OPENING, source, index);
    if (!opening) {
      tokens.push({ type: "data", value: source.slice(index), line });
      break;
    }
    const [tag, rawSign, kind, sign = ""] = opening;
    const text = source.slice(index, opening.index);
    data(text, rawSign ?? sign, kind === "{{");
    line += lines(tag);
    index = opening.index + tag.length;
    lineStarts = tag.endsWith("\n");
    if (kind === undefined) {
      const end = at(RAW_END, source, index);
      if (!end) throw new TemplateFault("Missing end of raw directive");
      data(source.slice(index, end.index), end[1]!, false);
      line += lines(end[0]);
      index = end.index + end[0].length;
      lineStarts = end[0].endsWith("\n");
    } else if (kind === "{#") {
      const end = at(COMMENT_END, source, index);
      if (!end) throw new TemplateFault("Missing end of comment tag");
      line += lines(source.slice(index, end.index + end[0].length));
      index = end.index + end[0].length;
      lineStarts = end[0].endsWith("\n");
    } else {
      const name = kind === "{{" ? "variable" as const : "block" as const;
      tokens.push({ type: `${name}_begin`, value: kind, line });
      ({ index, line } = tag_(source, index, line, kind as "{%" | "{{", tokens));
      lineStarts = source[index - 1] === "\n";
    }
  }
  tokens.push({ type: "eof", value: "", line });
  return tokens;
}

/** The tokens inside a tag, its end included. */
function tag_(source: string, index: number, line: number, kind: "{%" | "{{", tokens: Token[]) {
  const open: string[] = [];
  for (;;) {
    if (open.length === 0) {
      const end = at(ENDS[kind], source, index);
      if (end) {
        tokens.push({ type: kind === "{{" ? "variable_end" : "block_end", value: end[0], line });
        return { index: index + end[0].length, line: line + lines(end[0]) };
      }
    }
    if (index >= source.length) return { index, line };
    const space = at(SPACES, source, index);
    if (space) {
      index += space[0].length, line += lines(space[0]);
      continue;
    }
    const token = read(source, index, line);
    const written = token.written;
    if (token.type === "operator") {
      if (CLOSERS[written]) open.push(CLOSERS[written]);
      else if (written === ")" || written === "]" || written === "}") {
        const expected = open.pop();
        if (expected !== written) {
          throw new TemplateFault(`unexpected '${written}'${expected ? `, expected '${expected}'` : ""}`);
        }
      }
    }
    tokens.push(token);
    index += written.length, line += lines(written);
  }
}

function read(source: string, index: number, line: number): Token & { written: string } {
  const float = at(FLOAT, source, index)?.[0];
  if (float) {
    return { type: "float", value: float, written: float, number: Number(float.replaceAll("_", "")), line };
  }
  const integer = at(INTEGER, source, index)?.[0];
  if (integer) {
    return {
      type: "integer",
      value: integer,
      written: integer,
      number: BigInt(integer.replaceAll("_", "").toLowerCase()),
      line,
    };
  }
  const name = at(NAME, source, index)?.[0];
  if (name) {
    if (!IDENTIFIER.test(name)) throw new TemplateFault("Invalid character in identifier");
    return { type: "name", value: name, written: name, line };
  }
  const string = at(STRING, source, index)?.[0];
  if (string) return { type: "string", value: unescaped(string.slice(1, -1)), written: string, line };
  const operator = at(OPERATOR, source, index)?.[0];
  if (operator) return { type: "operator", value: operator, written: operator, line };
  throw new TemplateFault(
    `unexpected char '${String.fromCodePoint(source.codePointAt(index)!)}' on line ${line}`,
  );
}

const SIMPLE: Record<string, string> = {
  ...{
    "\\": "\\",
    "'": "'",
    '"': '"',
    "\n": "",
    a: "\x07",
    b: "\b",
    f: "\f",
    n: "\n",
    r: "\r",
    t: "\t",
    v: "\v",
  },
};

/** A string's escapes as Python's `unicode-escape` reads them once all but ASCII has been escaped as well. */
function unescaped(string: string): string {
  const ascii = string.replace(/[^\0-\x7f]/gu, (character) => {
    const code = character.codePointAt(0)!;
    const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).padStart(width as number, "0")}`;
  });
  const text = ascii.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([^]))/g,
    (all, two, four, eight, octal, one) => {
      const hex = two ?? four ?? eight;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        if (code > 0x10ffff) throw new TemplateFault("illegal Unicode character in a string");
        return String.fromCodePoint(code);
      }
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (one === "N") throw new TemplateRefusal("\\N in a string");
      if ("xuU".includes(one)) throw new TemplateFault(`truncated \\${one} escape in a string`);
      return SIMPLE[one] ?? all;
    },
  );
  if (!text.isWellFormed()) throw new TemplateRefusal("Half of a surrogate pair in a string");
  return text;
}
