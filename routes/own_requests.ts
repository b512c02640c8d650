/**
 * Keeps web pages of others out. A browser sends their requests to this machine as it does anybody's: what tells them
 * apart is the host they name, and what the browser itself says of where they come from.
 */
import type { Context, MiddlewareHandler } from "hono";
import type { Env } from "./context.ts";
import { isListed } from "./allow_origins.ts";
import { problem } from "./problem.ts";
import { SAFE_METHODS } from "./safe_methods.ts";

/** A name or an address, and a port; nothing else that a URL may hold (RFC 9110, 7.2). */
const HOST = /^(\[[\da-f:.]+\]|[\w.~-]+)(:\d{1,5})?$/i;

/** What browsers say in Sec-Fetch-Site of a page of this server, and of what a person typed. */
const OWN_SITES: readonly string[] = ["same-origin", "none"];

/** The host that a client named; null where it named none, as HTTP/1.0 may. */
function namedHost(c: Context<Env>): string | null {
  return c.req.header("host") ?? null;
}

/** Refuses a Host that is none: the server would have to make one up. */
export const requireHost: MiddlewareHandler<Env> = async function requireHost(c, next) {
  const host = namedHost(c);
  if (host !== null && !(HOST.test(host) && URL.canParse(`http://${host}`))) {
    return problem("malformed_request", "Expected a name or an address as Host, with a port or without");
  }
  await next();
};

/**
 * Whether the request names no host but this machine's: the name of a web page can be made to lead to loopback, and its
 * scripts could then do all that needs no key.
 */
export function namesLocalHost(c: Context<Env>): boolean {
  const named = namedHost(c);
  // The target of a request may name another host than its header; where it does not, one look is enough.
  const header = `http://${named}`;
  const isSame = named !== null && HOST.test(named) && c.req.url.startsWith(`${header}/`);
  return (isSame ? [header] : named === null ? [c.req.url] : [c.req.url, header]).every((url) => {
    const host = (URL.parse(url)?.hostname ?? "").replace(/\.$/, "");
    // In a URL only an IPv6 address has brackets, and only an IPv4 one ends in a number.
    return /^(localhost|.*\.localhost|\[.*\]|[\d.]+)$/.test(host);
  });
}

/** Whether a browser sent the request for a page of another origin than this server's. */
function isForeign(c: Context<Env>): boolean {
  const site = c.req.header("sec-fetch-site")?.trim().toLowerCase();
  if (site !== undefined && !OWN_SITES.includes(site)) return true;
  const origin = c.req.header("origin")?.trim();
  if (origin === undefined) return false;
  const from = URL.parse(origin);
  // Behind a proxy that does TLS, pages are https's.
  const own = URL.parse(`${from?.protocol}//${namedHost(c) ?? new URL(c.req.url).host}`);
  return from === null || own === null || !/^https?:$/.test(from.protocol) || from.host !== own.host;
}

/**
 * Refuses what changes something and comes from a web page of another origin. Programs send neither header.
 *
 * @param origins whose pages may, beside this server's own
 * @param always also for methods that are to change nothing, where they make something after all
 */
export function refuseForeign(origins: readonly string[], always = false): MiddlewareHandler<Env> {
  return async function refuseForeign(c, next) {
    if ((always || !SAFE_METHODS.includes(c.req.raw.method)) && isForeign(c) && !isListed(c, origins)) {
      return problem("forbidden", "Requests from web pages of another origin may not change anything here");
    }
    await next();
  };
}
