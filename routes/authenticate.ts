/**
 * Bearer authentication with the keys of API_KEYS; without keys everybody on this machine may pass (main.ts binds loopback
 * only), and no web page that somebody on it has open.
 */
import type { MiddlewareHandler } from "hono";
import { createHash, timingSafeEqual } from "node:crypto";
import type { Env } from "./context.ts";
import { problem } from "./problem.ts";

const digest = (text: string) => createHash("sha256").update(text).digest();

/**
 * Whether a URL's host is no name that anybody else gave this machine. A web page's own name can be made to lead to
 * loopback, and its scripts could then do all that needs no key.
 */
function isLocalHost(url: string): boolean {
  // What a client sends as its host may make no URL.
  const host = URL.parse(url)?.hostname ?? "";
  // In a URL only an IPv6 address has brackets, and only an IPv4 one ends in a number.
  return /^(localhost|.*\.localhost|\[.*\]|[\d.]+)$/.test(host);
}

/** Compares against every key in constant time. */
export function authenticate(keys: readonly string[]): MiddlewareHandler<Env> {
  const known = keys.map(digest);
  return async function authenticate(c, next) {
    c.set("apiKey", "");
    if (known.length === 0 && !isLocalHost(c.req.url)) {
      return problem(
        "unauthorized",
        "Without API_KEYS only requests to localhost or to an address are answered, not to another name",
        [],
        { "www-authenticate": "Bearer" },
      );
    }
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
