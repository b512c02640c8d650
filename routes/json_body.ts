/**
 * Takes in a JSON body within bounds before anything parses it: the right media type, at most so many bytes
 * (counted as they come, whatever Content-Length says), no deeper than a parser or validator can follow.
 */
import type { MiddlewareHandler } from "hono";
import { UserError } from "../core/errors.ts";
import type { Env } from "./context.ts";

/** Room for some ten thousand prompts. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

const MAX_DEPTH = 64;
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

function tooLarge(max_bytes: number): UserError {
  return new UserError("body_too_large", `Cannot read body as it is larger than ${max_bytes} bytes`);
}

async function readBounded(request: Request, max_bytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > max_bytes) throw tooLarge(max_bytes);
    chunks.push(chunk);
  }
  const all = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(all);
  } catch {
    throw new UserError("invalid_json", "The body is not UTF-8");
  }
}

/** Whether brackets nest deeper than `MAX_DEPTH`; strings are skipped. */
function isTooDeep(text: string): boolean {
  let depth = 0, inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** Middleware for routes with a JSON body; `c.req.json()` then reads what was taken in. */
export function jsonBody(max_bytes: number = MAX_BODY_BYTES): MiddlewareHandler<Env> {
  return async function jsonBody(c, next) {
    const type = c.req.header("content-type") ?? "";
    if (!JSON_TYPE.test(type)) {
      throw new UserError(
        "unsupported_media_type",
        `Content-Type must be application/json: current value is '${type.slice(0, 100)}'`,
      );
    }
    const length = Number(c.req.header("content-length") ?? 0);
    if (length > max_bytes) throw tooLarge(max_bytes);
    const text = await readBounded(c.req.raw, max_bytes);
    if (isTooDeep(text)) {
      throw new UserError("invalid_json", `The body nests deeper than ${MAX_DEPTH} levels`);
    }
    try {
      JSON.parse(text);
    } catch (error) {
      throw new UserError("invalid_json", `The body is not JSON: ${(error as Error).message.slice(0, 200)}`);
    }
    c.req.bodyCache.text = Promise.resolve(text) as never;
    await next();
  };
}
