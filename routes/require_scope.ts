/** What an API key must be allowed to do for a request. */
import type { MiddlewareHandler } from "hono";
import { KEY_SCOPES } from "../core/db/schema.ts";
import type { KeyScope } from "../core/keys/stored_keys.ts";
import type { Env } from "./context.ts";
import { problem } from "./problem.ts";
import { SAFE_METHODS } from "./safe_methods.ts";

/** Reading is `read`; whatever starts, changes or computes something is `write`; who did what is for `admin`. */
export function neededScope(method: string, path: string): KeyScope {
  if (/^\/v1\/audit(\/|$)/.test(path)) return "admin";
  return SAFE_METHODS.includes(method) ? "read" : "write";
}

/** Refuses what the caller's key may not do. Must come after authentication. */
export const requireScope: MiddlewareHandler<Env> = async function requireScope(c, next) {
  const scope = c.get("caller")?.scope ?? "admin";
  const needed = neededScope(c.req.raw.method, c.req.path);
  if (KEY_SCOPES.indexOf(scope) >= KEY_SCOPES.indexOf(needed)) return await next();
  // RFC 6750, 3.1.
  const headers = { "www-authenticate": `Bearer error="insufficient_scope", scope="${needed}"` };
  const detail = `Expected an API key of scope ${needed}, got one of scope ${scope}`;
  return problem("forbidden", detail, [], headers);
};
