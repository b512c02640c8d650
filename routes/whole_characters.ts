/**
 * Refuses halves of surrogate pairs, which JSON's escapes can write and UTF-8 cannot: they would become U+FFFD where a
 * tokenizer or database takes them, and match any character whose half they are.
 */
import { type FieldError, invalidFields } from "../core/errors.ts";

/** Faults that are told at most. */
const MAX_FAULTS = 100;
/** Without one, a body of UTF-8 has whole characters only. */
const ESCAPED_HALF = /\\u[dD][89a-fA-F]/;

/** A part of the body, and the way to it. */
interface Part {
  value: unknown;
  key: string;
  within: Part | null;
}

function pathOf({ key, within }: Part): string {
  const keys = within === null ? [] : [written(key)];
  for (let part = within; part?.within; part = part.within) keys.push(written(part.key));
  return keys.reverse().join(".");
}

/** A key with halves as escapes, so that a message can show it. */
function written(key: string): string {
  return key.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}

/**
 * @param text the body, of which `value` was parsed
 * @throws {UserError} `invalid_request` naming each text, and each key, that has half of a surrogate pair
 */
export function requireWholeCharacters(text: string, value: unknown): void {
  if (!ESCAPED_HALF.test(text)) return;
  const errors = faults({ value, key: "", within: null });
  if (errors.length > 0) throw invalidFields(errors);
}

/** In the order of the body; no recursion, as untrusted input says how deep it is. */
function faults(body: Part): FieldError[] {
  const errors: FieldError[] = [];
  const left = [body];
  for (let part = left.pop(); part && errors.length < MAX_FAULTS; part = left.pop()) {
    const { value } = part;
    if (!part.key.isWellFormed()) {
      errors.push({
        path: pathOf(part),
        message: "Expected a key of whole characters, got half of a surrogate pair",
      });
    }
    if (typeof value === "string") {
      if (!value.isWellFormed()) {
        errors.push({
          path: pathOf(part),
          message: "Expected whole characters, got half of a surrogate pair",
        });
      }
    } else if (typeof value === "object" && value !== null) {
      const inner = Object.entries(value);
      for (let at = inner.length - 1; at >= 0; at--) {
        const [key, value] = inner[at]!;
        if (typeof value === "string" || typeof value === "object" || !Array.isArray(part.value)) {
          left.push({ key, value, within: part });
        }
      }
    }
  }
  return errors;
}
