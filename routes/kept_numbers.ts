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
  if (faults.size === 0) return;
  const errors: FieldError[] = [];
  for (const { chat, path } of conversations(body, [])) {
    for (const name of FOR_TEMPLATES) collect(chat[name], [...path, name], faults, errors);
    if (errors.length >= MAX_FAULTS) break;
  }
  if (errors.length === 0) return;
  throw invalidFields(errors);
}

function isKept(value: number, source: string): boolean {
  return Number.isFinite(value) &&
    (!Number.isInteger(value) || (Number.isSafeInteger(value) && !/[.eE]/.test(source)));
}

/** Every conversation of a body: prompts, and what is in examples and pairs. Nothing nests deeper than a body may. */
function* conversations(
  value: unknown,
  path: string[],
): Generator<{ chat: Record<string, unknown>; path: string[] }> {
  if (typeof value !== "object" || value === null) return;
  const fields = value as Record<string, unknown>;
  if (Array.isArray(fields.messages) && path.length > 0) return yield { chat: fields, path };
  for (const [key, inner] of Object.entries(fields)) yield* conversations(inner, [...path, key]);
}

/** What an example's message weighs is the trainer's and goes to no template. */
function isWeight(path: readonly string[]): boolean {
  return path.length === 5 && path[0] === "examples" && path[4] === "weight";
}

function collect(value: unknown, path: readonly string[], faults: Faults, errors: FieldError[]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, source] of faults.get(value) ?? []) {
    if (isWeight([...path, key])) continue;
    const written = source.length > 40 ? `${source.slice(0, 40)}…` : source;
    const message = `Expected a number that is kept as it is written: ${written} is not; write an integer ` +
      "up to 2^53 without a point, or a text";
    errors.push({ path: [...path, key].join("."), message });
  }
  for (const [key, inner] of Object.entries(value)) {
    if (errors.length >= MAX_FAULTS) return;
    collect(inner, [...path, key], faults, errors);
  }
}
