/**
 * Takes in a JSON body within bounds before anything parses it: the right media type, so many bytes, levels and keys, and
 * long lists item by item.
 */
import type { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { cutText } from "../core/cut_text.ts";
import { UserError } from "../core/errors.ts";
import type { AppContext, Env } from "./context.ts";
import { requireModestJson, requirePlainKeys } from "./json_text.ts";
import { requireKeptNumbers } from "./kept_numbers.ts";
import { requireListItems } from "./list_items.ts";
import { readBody } from "./read_body.ts";
import { requireWholeCharacters } from "./whole_characters.ts";

/** Room for some ten thousand prompts. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Smaller bodies are looked at in one turn. */
const LARGE_BYTES = 256 * 1024;

/** JSON is UTF-8 (RFC 8259, 8.1), whatever else a parameter says. */
const JSON_TYPE =
  /^\s*application\/([\w.-]+\+)?json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?(;(?!\s*charset)|$)/i;

const utf8 = new TextDecoder("utf-8", { fatal: true });

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new UserError("invalid_json", "The body is not UTF-8");
  }
}

function parsed(text: string): unknown {
  if (text.trim() === "") throw new UserError("invalid_json", "The body is empty: expected JSON");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError("invalid_json", `The body is not JSON: ${cutText((error as Error).message, 200)}`);
  }
}

/** Middleware for routes whose body is JSON of `schema`; `c.req.json()` then gives what was taken in. */
export function jsonBody(
  { max_body_bytes = MAX_BODY_BYTES, body_silence_ms }: Pick<
    AppContext,
    "max_body_bytes" | "body_silence_ms"
  >,
  schema: z.ZodType,
): MiddlewareHandler<Env> {
  return async function jsonBody(c, next) {
    const type = c.req.header("content-type") ?? "";
    if (!JSON_TYPE.test(type)) {
      throw new UserError(
        "unsupported_media_type",
        `Expected Content-Type application/json, in UTF-8, got '${type.slice(0, 100)}'`,
      );
    }
    const bytes = await readBody(c, { max_bytes: max_body_bytes, silence_ms: body_silence_ms });
    // Each look at megabytes takes tens of milliseconds: others have a turn in between.
    const turn = () => bytes.length > LARGE_BYTES ? new Promise((resolve) => setTimeout(resolve)) : undefined;
    const text = textOf(bytes);
    requireModestJson(text);
    await turn();
    const value = parsed(text);
    await turn();
    requirePlainKeys(text);
    await turn();
    requireWholeCharacters(text, value);
    requireKeptNumbers(text);
    await requireListItems(schema, value);
    c.req.json = <T>() => Promise.resolve(value as T);
    await next();
  };
}
