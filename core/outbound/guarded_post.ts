/**
 * One POST to a URL that a user named: to the address that the guard approved and no other, no redirects,
 * a time limit over everything, a bound on what is read. It neither retries nor reuses connections.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { OutboundGuard } from "./outbound_guard.ts";

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  /** Over name resolution, connection, sending and answer. */
  timeout_ms: number;
  /** At most this much of the answer is read; 0 reads none. */
  max_response_bytes: number;
  /**
   * For who wants the status above all: how long the answer's body may take after its head. What has come by then is
   * the body, and one that breaks off is no error. Without it the body is waited for.
   */
  body_timeout_ms?: number;
  signal?: AbortSignal;
}

export interface PostResult {
  status: number;
  headers: IncomingHttpHeaders;
  /** The answer's first `max_response_bytes` bytes as UTF-8. */
  body: string;
  /** Whether the answer was longer. */
  truncated: boolean;
  /** From the beginning to the answer's head. */
  latency_ms: number;
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
  const started = performance.now();
  const timeout = AbortSignal.timeout(options.timeout_ms);
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
  const late = new Error(`No answer within ${options.timeout_ms} ms`);
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(timeout.aborted ? late : signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  aborted.promise.catch(() => {});
  try {
    const { address, family } = await Promise.race([guard.resolve(url), aborted.promise]);
    const response = await Promise.race([send(url, address, family, options, signal), aborted.promise]);
    const latency_ms = performance.now() - started;
    try {
      const { statusCode: status = 0, headers } = response;
      return { status, headers, ...await read(response, options, aborted.promise), latency_ms };
    } finally {
      response.destroy();
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The head of the answer. */
function send(url: URL, address: string, family: 4 | 6, options: PostOptions, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const body = new TextEncoder().encode(options.body);
  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
    method: "POST",
    headers: { ...options.headers, "content-length": String(body.byteLength) },
    agent: false,
    signal,
    // TLS still checks the certificate against the URL's host.
    lookup: (_host, { all }, done) => all ? done(null, [{ address, family }]) : done(null, address, family),
  }, (response) => {
    // What comes after nobody waits any more is nobody's error.
    response.on("error", () => {});
    resolve(response);
  });
  request.on("error", reject);
  request.end(body);
  return promise;
}

/** The beginning of the answer's body. */
async function read(
  response: IncomingMessage,
  { max_response_bytes: max, body_timeout_ms }: PostOptions,
  aborted: Promise<never>,
): Promise<Pick<PostResult, "body" | "truncated">> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  let isWhole = false;
  response.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > max) resolve();
  });
  response.on("end", () => {
    isWhole = true;
    resolve();
  });
  response.on("error", reject);
  if (max === 0) resolve();
  const timer = body_timeout_ms === undefined ? undefined : setTimeout(resolve, body_timeout_ms);
  try {
    await Promise.race([over, aborted]);
  } catch (error) {
    if (body_timeout_ms === undefined) throw error;
  } finally {
    clearTimeout(timer);
    response.removeAllListeners("data");
  }
  const all = new Uint8Array(Math.min(bytes, max));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk.subarray(0, all.length - offset), offset);
    offset = Math.min(all.length, offset + chunk.length);
  }
  const truncated = bytes > max || (body_timeout_ms !== undefined && !isWhole);
  // Of a character that the cut parts nothing is told.
  return { body: new TextDecoder().decode(all, { stream: truncated }), truncated };
}
