/**
 * Bearer authentication with the keys of API_KEYS; without keys everybody on this machine may pass (main.ts binds loopback
 * only), and no web page that somebody on it has open.
 */
import type { MiddlewareHandler } from "hono";
import { createHash, timingSafeEqual } from "node:crypto";
import { environmentKeyId } from "../core/keys/environment_key.ts";
import type { Env } from "./context.ts";
import { namesLocalHost } from "./own_requests.ts";
import { problem } from "./problem.ts";
import { WrongKeys } from "./wrong_keys.ts";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Compares against every key in constant time. */
export function authenticate(keys: readonly string[], wrong = new WrongKeys()): MiddlewareHandler<Env> {
  const known = keys.map((key) => ({ id: environmentKeyId(key), hash: digest(key) }));
  const refuse = (detail: string) => problem("unauthorized", detail, [], { "www-authenticate": "Bearer" });
  return async function authenticate(c, next) {
    c.set("keyId", "");
    if (known.length === 0 && !namesLocalHost(c)) {
      return refuse(
        "Without API_KEYS only requests to localhost or to an address are answered, not to another name",
      );
    }
    if (known.length > 0) {
      const [, key] = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "") ?? [];
      if (key === undefined) {
        return refuse("Send one of the server's API keys as 'Authorization: Bearer <key>'");
      }
      const address = c.env?.address ?? "";
      const wait_s = wrong.wait(address);
      // Not even a right key is told from a wrong one then, or the limit would be none.
      if (wait_s > 0) {
        const detail = `Too many wrong API keys came from this address: try again in ${wait_s} s`;
        return problem("too_many_requests", detail, [], { "retry-after": String(wait_s) });
      }
      const given = digest(key);
      const [match] = known.filter(({ hash }) => timingSafeEqual(hash, given));
      if (!match) {
        wrong.add(address);
        return refuse("The API key is not one of the server's");
      }
      c.set("keyId", match.id);
    }
    await next();
  };
}
