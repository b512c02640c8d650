/** Lets web pages of the origins in CORS_ORIGINS ask for everything and read the answers; no others by default. */
import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Env } from "./context.ts";

/** How long a browser need not ask again whether it may. */
const MAX_AGE_S = 600;

const OPTIONS = {
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: [
    ...["Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "Last-Event-ID"],
    ...["If-Match", "If-None-Match", "If-Range", "Range"],
  ],
  exposeHeaders: [
    ...["ETag", "Accept-Ranges", "Content-Range"],
    ...["Location", "Retry-After", "X-Request-Id", "Content-Disposition", "WWW-Authenticate"],
    ...["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"],
  ],
  maxAge: MAX_AGE_S,
};

/** Whether a request comes from a page of one of `origins`. */
export function isListed(c: Context<Env>, origins: readonly string[]): boolean {
  return origins.includes(c.req.header("origin")?.trim().toLowerCase() ?? "");
}

/**
 * Answers preflight requests of the listed origins, before anything asks for a key, which they never have, and marks all
 * other answers to them.
 */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler<Env> {
  // The origin as the browser wrote it: it compares letter by letter.
  const allowed = cors({ ...OPTIONS, origin: (origin) => origin });
  return async function allowOrigins(c, next) {
    if (origins.length === 0) return await next();
    const isPreflight = c.req.header("access-control-request-method") !== undefined;
    // OPTIONS that is no preflight asks for Allow.
    if (isListed(c, origins) && (c.req.method !== "OPTIONS" || isPreflight)) return await allowed(c, next);
    await next();
    c.res.headers.append("vary", "Origin");
  };
}
