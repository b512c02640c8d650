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

interface Kept {
  body: ArrayBuffer;
  headers: Record<string, string>;
}

/** To be used for paths whose JSON comes from the database alone, and is the same for every caller. */
export function sharedReads(
  db: Pick<Database, "version"> & Partial<Pick<Database, "isShared">>,
): MiddlewareHandler<Env> {
  let kept = new Map<string, Kept>();
  /** What is being made of the same version; null where it turns out to be nobody else's. */
  let making = new Map<string, Promise<Kept | null>>();
  let bytes = 0;
  let version = -1;
  let since = 0;

  return async function sharedReads(c, next) {
    // What another server has just written is to be seen at this one.
    if (c.req.raw.method !== "GET" || db.isShared) return await next();
    if (version !== db.version || performance.now() - since > MAX_AGE_MS) {
      [kept, making] = [new Map(), new Map()];
      bytes = 0;
      version = db.version;
      since = performance.now();
    }
    const key = `${c.req.url} ${c.req.header("accept") ?? ""}`;
    const inTheMaking = making.get(key);
    // To wait for nothing would let all who ask at once pass by each other.
    const known = kept.get(key) ?? (inTheMaking && await inTheMaking);
    if (known) return c.body(known.body, 200, known.headers);
    const asked = { kept, making };
    const made = Promise.withResolvers<Kept | null>();
    asked.making.set(key, made.promise);
    try {
      await next();
      const type = c.res.headers.get("content-type");
      if (c.res.status !== 200 || !type?.startsWith("application/json")) return;
      const answer = { body: await c.res.arrayBuffer(), headers: Object.fromEntries(c.res.headers) };
      c.res = new Response(answer.body, { headers: answer.headers });
      made.resolve(answer);
      // What was written meanwhile is not in it.
      if (asked.kept !== kept || version !== db.version || answer.body.byteLength > MAX_BODY_BYTES) return;
      const size = answer.body.byteLength + key.length;
      if (bytes + size > MAX_KEPT_BYTES) return;
      bytes += size;
      kept.set(key, answer);
    } finally {
      made.resolve(null);
      if (asked.making.get(key) === made.promise) asked.making.delete(key);
    }
  };
}
