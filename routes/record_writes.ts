/** Writes down who changed what, once it is known how that ended and before the client is told. */
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { cutText } from "../core/cut_text.ts";
import type { Database } from "../core/db/open_database.ts";
import { recordAudit } from "../core/keys/audit_log.ts";
import type { KeyRing } from "../core/keys/key_ring.ts";
import type { Env } from "./context.ts";
import { SAFE_METHODS } from "./safe_methods.ts";

/** What starts jobs, where a query may ask for a dry run. */
const STARTING: readonly string[] = ["/v1/training-jobs", "/v1/evaluations"];

/** POST, and yet nothing is changed. */
const COMPUTED: readonly string[] = [
  ...["/v1/generations", "/v1/completions", "/v1/scores"],
  ...STARTING.map((path) => `${path}/dry-run`),
];

const MAX_RESOURCE_LENGTH = 200;

/** What a route's first parameters are in a path: `org/name` in /v1/models/:org/:name, the job where more follows. */
function namedIn(path: string, pattern: string): string | null {
  const parts = pattern.split("/");
  const from = parts.findIndex((part) => part.startsWith(":"));
  if (from < 0) return null;
  const count = parts.slice(from).findIndex((part) => !part.startsWith(":"));
  return decoded(path.split("/").slice(from, count < 0 ? undefined : from + count).join("/"));
}

/** What came of a request that made something. */
function madeBy(c: Context<Env>): string | null {
  const [, id] = /^\/v1\/[^/]+\/(.+)$/.exec(c.res.headers.get("location") ?? "") ?? [];
  return id === undefined ? null : decoded(id);
}

function decoded(text: string): string {
  try {
    return cutText(decodeURIComponent(text), MAX_RESOURCE_LENGTH);
  } catch {
    return cutText(text, MAX_RESOURCE_LENGTH);
  }
}

/**
 * Must come before authentication, to see what is refused to a key. What comes without one is not written down, nor what
 * is slowed: whoever is kept out must not push out what others did.
 */
export function recordWrites(db: Database, keys: KeyRing): MiddlewareHandler<Env> {
  return async function recordWrites(c, next) {
    await next();
    const { method } = c.req.raw;
    const path = c.req.path.replace(/\/+$/, "");
    const isDryRun = STARTING.includes(path) && c.req.query("dry_run") === "true";
    const isWrite = !SAFE_METHODS.includes(method) && !COMPUTED.includes(path) && !isDryRun;
    const caller = c.get("caller") ?? null;
    const { status } = c.res;
    if (!isWrite || status === 429 || (keys.required && caller === null)) return;
    const route = matchedRoutes(c).findLast((one) => one.method === method)?.path;
    if (route === undefined) return;
    const record = {
      ...{ at: new Date(), key_id: caller?.id ?? null, method, status, request_id: c.get("requestId") },
      route: route.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}"),
      resource: namedIn(path, route) ?? madeBy(c),
    };
    await db.write((tx) => recordAudit(tx, record)).catch((error) => {
      // What was done is done, and its client must hear of it.
      c.get("logger").error("Cannot write to the audit log", { ...record, error: String(error) });
    });
  };
}
