/**
 * Refuses numbers of a conversation that JavaScript does not keep as they are written: 1.0 is its 1, and integers
 * beyond 2^53 are rounded. Chat templates print what a message or tool holds, and Python prints these otherwise.
 */
import { type FieldError, invalidFields } from "../core/errors.ts";

/** What of a prompt goes to its template. */
const FOR_TEMPLATES = ["messages", "tools", "documents", "chat_template_kwargs"];
const MAX_FAULTS = 100;
/** Without both there is nothing to look for. */
const CONVERSATION = /"messages"/;
const SUSPECT = /\d\.0*(?!\d)|\d[eE][-+\d]|\d{16}/;

/** Keys of containers whose numbers are not kept. */
type Faults = Map<object, Map<string, string>>;

/**
 * @param text the body, valid JSON
 * @throws {UserError} `invalid_request` naming each number
 */
export function requireKeptNumbers(text: string): void {
  if (!CONVERSATION.test(text) || !SUSPECT.test(text)) return;
  const faults: Faults = new Map();
  const body = JSON.parse(
    text,
    function (this: object, key: string, value: unknown, { source }: { source?: string }) {
      if (typeof value === "number" && source !== undefined && !isKept(value, source)) {
        faults.set(this, (faults.get(this) ?? new Map()).set(key, source));
      }
      return value;
    } as (this: unknown, key: string, value: unknown) => unknown,
  );
  if (faults.size === 0 || !Array.isArray(body?.prompts)) return;
  const errors: FieldError[] = [];
  for (const [index, prompt] of body.prompts.entries()) {
    for (const name of FOR_TEMPLATES) {
      if (errors.length < MAX_FAULTS) collect(prompt?.[name], `prompts.${index}.${name}`, faults, errors);
    }
  }
  if (errors.length === 0) return;
  throw invalidFields(errors);
}

function isKept(value: number, source: string): boolean {
  return Number.isFinite(value) &&
    (!Number.isInteger(value) || (Number.isSafeInteger(value) && !/[.eE]/.test(source)));
}

/** Nothing nests deeper than a body may. */
function collect(value: unknown, path: string, faults: Faults, errors: FieldError[]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, source] of faults.get(value) ?? []) {
    const written = source.length > 40 ? `${source.slice(0, 40)}…` : source;
    const message = `Expected a number that is kept as it is written: ${written} is not; write an integer ` +
      "up to 2^53 without a point, or a text";
    errors.push({ path: `${path}.${key}`, message });
  }
  for (const [key, inner] of Object.entries(value)) {
    if (errors.length >= MAX_FAULTS) return;
    collect(inner, `${path}.${key}`, faults, errors);
  }
}
