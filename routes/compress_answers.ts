/**
 * Compresses what is worth it, for clients who say that they can unpack it: short JSON, and pages with what belongs to
 * them. Compressing takes longer than sending on any fast network, so JSON that is long is left to a proxy, which knows
 * what its network is worth; streams, downloads and tables are sent as they are made. It is done by other threads, few at a
 * time, so that nobody else's answer waits for it.
 */
import { promisify } from "node:util";
import { gzip as gzipLater } from "node:zlib";
import type { MiddlewareHandler } from "hono";
import { parseAccept } from "hono/utils/accept";
import { joinBytes } from "../core/join_bytes.ts";
import { LruCache } from "../core/lru_cache.ts";
import type { Env } from "./context.ts";

const gzip = promisify(gzipLater);

const COMPRESSIBLE =
  /^\s*(application\/([\w.-]+\+)?json|application\/manifest\+json|text\/(html|css|javascript|plain)|image\/svg\+xml)\b/i;

/** Below this the headers say more than is saved. */
const SHORT_BYTES = 1024;
/** Of an answer that is made anew each time: a millisecond or so of another core. */
const LONG_BYTES = 64 * 1024;
/** Answers that are compressed at the same time; more are sent as they are. */
const MAX_RUNNING = 2;
/** Of what is public and the same for everybody, and so is compressed once. */
const MAX_KEPT = 64;
const MAX_KEPT_BYTES = 4 * 1024 * 1024;

const LEVEL = 1, LEVEL_KEPT = 9;

/** Whether a client would rather have gzip than the bytes as they are (RFC 9110, 12.5.3). */
export function takesGzip(header: string | undefined): boolean {
  const codings = new Map(parseAccept(header ?? "").map(({ type, q }) => [type.toLowerCase(), q]));
  const quality = codings.get("gzip") ?? codings.get("x-gzip") ?? codings.get("*") ?? 0;
  return quality > 0 && quality >= (codings.get("identity") ?? 0);
}

/** Before whatever else may change an answer's body or its headers. */
export function compressAnswers(): MiddlewareHandler<Env> {
  /** What is public, by path and length. */
  const kept = new LruCache<Promise<Uint8Array<ArrayBuffer>>>(MAX_KEPT);
  let running = 0;

  return async function compressAnswers(c, next) {
    await next();
    const { headers, status, body } = c.res;
    const isFile = headers.has("accept-ranges") || headers.has("content-disposition");
    if (!COMPRESSIBLE.test(headers.get("content-type") ?? "") || isFile) return;
    headers.append("vary", "Accept-Encoding");
    const isWhole = body !== null && status !== 206 && !headers.has("content-encoding");
    if (!isWhole || c.req.raw.method === "HEAD" || !takesGzip(c.req.header("accept-encoding"))) return;
    const isPublic = headers.get("cache-control")?.startsWith("public") ?? false;
    if (!isPublic && running >= MAX_RUNNING) return;

    const { chunks, rest } = await begun(body, isPublic ? MAX_KEPT_BYTES : LONG_BYTES);
    const bytes = rest ? null : joinBytes(chunks);
    let packed: Uint8Array<ArrayBuffer> | null = null;
    if (bytes && bytes.length >= SHORT_BYTES) {
      running++;
      try {
        const key = `${c.req.path} ${bytes.length} ${headers.get("etag")}`;
        const made = (isPublic ? kept.get(key) : undefined) ??
          gzip(bytes, { level: isPublic ? LEVEL_KEPT : LEVEL });
        if (isPublic) kept.set(key, made);
        packed = await made;
      } finally {
        running--;
      }
    }
    const answer = new Response(packed ?? bytes ?? continued(chunks, rest!), { status, headers });
    if (packed) {
      answer.headers.set("content-encoding", "gzip");
      answer.headers.delete("content-length");
      const tag = headers.get("etag");
      // The same in meaning, though not in bytes.
      if (tag?.startsWith('"')) answer.headers.set("etag", `W/${tag}`);
    }
    c.res = undefined;
    c.res = answer;
  };
}

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/** The first chunks of a body, until they are more than `limit` bytes; `rest` is null where that was all. */
async function begun(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  limit: number,
): Promise<{ chunks: Uint8Array<ArrayBuffer>[]; rest: Reader | null }> {
  const reader = body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let bytes = 0; bytes <= limit;) {
    const { done, value } = await reader.read();
    if (done) return { chunks, rest: null };
    chunks.push(value);
    bytes += value.length;
  }
  return { chunks, rest: reader };
}

/** A body of which the beginning has been read, without a copy of it. */
function continued(chunks: Uint8Array<ArrayBuffer>[], rest: Reader): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const next = chunks.shift() ?? (await rest.read()).value;
      if (next) controller.enqueue(next);
      else controller.close();
    },
    cancel: (reason) => rest.cancel(reason),
  }, { highWaterMark: 0 });
}
