/**
 * Answers to reads of jobs, given again while nothing was written: many who look at a job many times a second cost one
 * look into the database. Streams and large answers are made each time.
 */
import type { MiddlewareHandler } from "hono";
import type { Database } from "../core/db/open_database.ts";
import type { Env } from "./context.ts";

/** An answer's greatest age. What this process writes is seen at once; only what others do to the file is not. */
const MAX_AGE_MS = 500;
const MAX_BODY_BYTES = 256 * 1024;
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/** To be used for paths whose JSON comes from the database alone, and is the same for every caller. */
export function sharedReads(db: Pick<Database, "version">): MiddlewareHandler<Env> {
  const kept = new Map<string, { body: ArrayBuffer; headers: Record<string, string> }>();
  let bytes = 0;
  let version = -1;
  let since = 0;

  return async function sharedReads(c, next) {
    if (c.req.raw.method !== "GET") return await next();
    if (version !== db.version || performance.now() - since > MAX_AGE_MS) {
      kept.clear();
      bytes = 0;
      version = db.version;
      since = performance.now();
    }
    const key = `${c.req.url} ${c.req.header("accept") ?? ""}`;
    const known = kept.get(key);
    if (known) return c.body(known.body, 200, known.headers);
    const asked = { version, since };
    await next();
    if (c.res.status !== 200 || !c.res.headers.get("content-type")?.startsWith("application/json")) return;
    const headers = Object.fromEntries(c.res.headers);
    const body = await c.res.arrayBuffer();
    c.res = new Response(body, { headers });
    const isCurrent = asked.version === db.version && asked.since === since;
    if (!isCurrent || kept.has(key) || body.byteLength > MAX_BODY_BYTES) return;
    const size = body.byteLength + key.length;
    if (bytes + size > MAX_KEPT_BYTES) return;
    bytes += size;
    kept.set(key, { body, headers });
  };
}
