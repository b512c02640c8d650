/**
 * Texts with `{{ item.a.b[0] }}` and `{{ sample.output_text }}` in them, as OpenAI's graders have: parsed when a grader is
 * checked, filled in for each row. A path reads an object's own keys and a list's indices, and nothing else: nothing is
 * called, and no prototype is reached.
 */

/** What a template may read. */
export const NAMESPACES = ["item", "sample"] as const;

export type Namespace = (typeof NAMESPACES)[number];

/** Keys and indices from a namespace inwards. */
export interface Reference {
  namespace: Namespace;
  keys: readonly (string | number)[];
  /** As it is written. */
  text: string;
}

export type Template = readonly (string | Reference)[];

/** What templates are filled in with. */
export type Variables = { readonly [Name in Namespace]: unknown };

/** A filled-in text may have so many characters. */
export const MAX_FILLED_CHARS = 1_000_000;

/** A template that is none. */
export class BadTemplate extends Error {}

/** A reference to what is not there. */
export class InvalidVariable extends Error {
  readonly reference: Reference;

  constructor(reference: Reference) {
    super(`There is no ${reference.text}`);
    this.reference = reference;
  }
}

const STEP = /\.\s*([^\s.[\](){}"']+)|\[\s*(\d{1,9})\s*\]|\[\s*"([^"]*)"\s*\]|\[\s*'([^']*)'\s*\]/y;

/** @throws {BadTemplate} saying what is wrong */
export function parseTemplate(text: string): Template {
  const parts: (string | Reference)[] = [];
  let at = 0;
  for (;;) {
    const begin = text.indexOf("{{", at);
    if (begin < 0) break;
    const end = text.indexOf("}}", begin + 2);
    if (end < 0) throw new BadTemplate(`Expected '}}' behind '${text.slice(begin, begin + 30)}'`);
    if (begin > at) parts.push(text.slice(at, begin));
    parts.push(parseReference(text.slice(begin + 2, end).trim()));
    at = end + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

function parseReference(text: string): Reference {
  const wrong = () =>
    new BadTemplate(`Expected {{ item.… }} or {{ sample.… }}, got {{ ${text.slice(0, 60)} }}`);
  const namespace = NAMESPACES.find((name) => text.startsWith(name));
  if (!namespace) throw wrong();
  const keys: (string | number)[] = [];
  for (let at = namespace.length; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (!found) throw wrong();
    const [, name, index, quoted, single] = found;
    keys.push(index === undefined ? name ?? quoted ?? single! : Number(index));
  }
  return { namespace, keys, text };
}

/** The value that a reference is to. @throws {InvalidVariable} */
export function valueOf(reference: Reference, variables: Variables): unknown {
  let value = variables[reference.namespace];
  for (const key of reference.keys) {
    const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, key) &&
      (typeof key === "number" || !Array.isArray(value));
    if (!isThere) {
      throw new InvalidVariable(reference);
    }
    value = (value as Record<string | number, unknown>)[key];
  }
  if (value === undefined) throw new InvalidVariable(reference);
  return value;
}

/**
 * The text with everything filled in: a string as it is, all else as JSON.
 *
 * @throws {InvalidVariable}
 * @throws {RangeError} where it is longer than a filled-in text may be
 */
export function fillTemplate(template: Template, variables: Variables): string {
  let filled = "";
  for (const part of template) {
    if (typeof part === "string") filled += part;
    else {
      const value = valueOf(part, variables);
      filled += typeof value === "string" ? value : JSON.stringify(value);
    }
    if (filled.length > MAX_FILLED_CHARS) {
      throw new RangeError(`A text that is filled in may have ${MAX_FILLED_CHARS} characters`);
    }
  }
  return filled;
}
