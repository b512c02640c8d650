/**
 * One POST to a URL that a user named: to the address that the guard approved and no other, no redirects,
 * a time limit over everything, a bound on what is read. It neither retries nor reuses connections.
 */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { OutboundGuard } from "./outbound_guard.ts";

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  /** Over name resolution, connection, sending and answer. */
  timeout_ms: number;
  /** At most this much of the answer is read; 0 reads none. */
  max_response_bytes: number;
  signal?: AbortSignal;
}

export interface PostResult {
  status: number;
  /** The answer's first `max_response_bytes` bytes as UTF-8. */
  body: string;
  /** Whether the answer was longer. */
  truncated: boolean;
}

/**
 * Sends `options.body` to `text`; any status is a result.
 *
 * @throws UserError when the guard refuses, Error when the connection fails or time runs out.
 */
export async function guardedPost(
  guard: OutboundGuard,
  text: string,
  options: PostOptions,
): Promise<PostResult> {
  const url = new URL(text);
  const timeout = AbortSignal.timeout(options.timeout_ms);
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
  const late = new Error(`No answer within ${options.timeout_ms} ms`);
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(timeout.aborted ? late : signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  aborted.promise.catch(() => {});
  try {
    const { address, family } = await Promise.race([guard.resolve(url), aborted.promise]);
    return await Promise.race([send(url, address, family, options, signal), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function send(url: URL, address: string, family: 4 | 6, options: PostOptions, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<PostResult>();
  const body = new TextEncoder().encode(options.body);
  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
    method: "POST",
    headers: { ...options.headers, "content-length": String(body.byteLength) },
    agent: false,
    signal,
    // TLS still checks the certificate against the URL's host.
    lookup: (_host, { all }, done) => all ? done(null, [{ address, family }]) : done(null, address, family),
  }, (response) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const finish = () => {
      const all = new Uint8Array(Math.min(bytes, options.max_response_bytes));
      let offset = 0;
      for (const chunk of chunks) {
        all.set(chunk.subarray(0, all.length - offset), offset);
        offset = Math.min(all.length, offset + chunk.length);
      }
      const truncated = bytes > options.max_response_bytes;
      // Of a character that the cut parts nothing is told.
      const body = new TextDecoder().decode(all, { stream: truncated });
      resolve({ status: response.statusCode ?? 0, body, truncated });
      request.destroy();
    };
    if (options.max_response_bytes === 0) return finish();
    response.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > options.max_response_bytes) finish();
    });
    response.on("end", finish);
    response.on("error", reject);
  });
  request.on("error", reject);
  request.end(body);
  return promise;
}
