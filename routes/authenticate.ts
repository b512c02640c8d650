/**
 * Bearer authentication with the server's API keys; while there are none, everybody on this machine may pass (main.ts binds loopback only), and no web page that somebody on it has open.
 */
import type { MiddlewareHandler } from "hono";
import type { KeyRing } from "../core/keys/key_ring.ts";
import { isDamagedKey } from "../core/keys/key_text.ts";
import type { Env } from "./context.ts";
import { namesLocalHost } from "./own_requests.ts";
import { problem } from "./problem.ts";
import { WrongKeys } from "./wrong_keys.ts";

/** Sets who calls. */
export function authenticate(keys: KeyRing, wrong = new WrongKeys()): MiddlewareHandler<Env> {
  // RFC 6750, 3.
  const refuse = (detail: string, error?: string) =>
    problem("unauthorized", detail, [], {
      "www-authenticate": error === undefined ? "Bearer" : `Bearer error="${error}"`,
    });
  return async function authenticate(c, next) {
    c.set("caller", null);
    if (!keys.required) {
      if (namesLocalHost(c)) return await next();
      return refuse(
        "Without an API key only requests to localhost or to an address are answered, not to another name",
      );
    }
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
    const caller = keys.find(key);
    if (caller === null) {
      wrong.add(address);
      const why = isDamagedKey(key) ? "is cut off or mistyped" : "is not one of the server's";
      return refuse(`The API key ${why}`, "invalid_token");
    }
    c.set("caller", caller);
    c.set("logger", c.get("logger").with({ key_id: caller.id }));
    await next();
  };
}
