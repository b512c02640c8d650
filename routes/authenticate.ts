/** Bearer authentication with the keys of API_KEYS; without keys everybody may pass (and main.ts binds loopback only). */
import type { MiddlewareHandler } from "hono";
import { createHash, timingSafeEqual } from "node:crypto";
import type { Env } from "./context.ts";
import { problem } from "./problem.ts";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Compares against every key in constant time. */
export function authenticate(keys: readonly string[]): MiddlewareHandler<Env> {
  const known = keys.map(digest);
  return async function authenticate(c, next) {
    c.set("apiKey", "");
    if (known.length > 0) {
      const [, key] = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "") ?? [];
      const given = digest(key ?? "");
      const matches = known.filter((one) => timingSafeEqual(one, given)).length;
      if (key === undefined || matches === 0) {
        const detail = key === undefined
          ? "Send one of the server's API keys as 'Authorization: Bearer <key>'"
          : "The API key is not one of the server's";
        return problem("unauthorized", detail, [], { "www-authenticate": "Bearer" });
      }
      c.set("apiKey", key);
    }
    await next();
  };
}
