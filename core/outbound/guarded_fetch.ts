/**
 * GET with `fetch`'s shape for what downloads: to addresses that the guard approved and no others, at every hop of
 * a redirect. It sends nothing, keeps no cookies and reuses no connections.
 */
import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import type { OutboundGuard } from "./outbound_guard.ts";

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Answers as `fetch` would, whatever the status; the body streams.
 *
 * @param signal Ends the request, and the body while it is read.
 * @param elsewhere Whether a redirect may lead to another origin, where it goes without the token.
 * @throws UserError when the guard refuses a hop, Error when a connection fails or `signal` is aborted.
 */
export async function guardedFetch(
  guard: OutboundGuard,
  target: string | URL,
  headers: Headers,
  signal: AbortSignal,
  { elsewhere = true } = {},
): Promise<Response> {
  let url = new URL(target);
  const sent = new Headers(headers);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await get(guard, url, sent, signal);
    const { statusCode = 0, headers: { location } } = response;
    if (!REDIRECTS.includes(statusCode) || location === undefined) return answer(response, statusCode);
    response.destroy();
    const next = new URL(location, url);
    // A token is for the host it was given for, not for wherever that sends us.
    if (next.origin !== url.origin) {
      if (!elsewhere) throw new Error(`it sends us to another host, ${quoted(next.host)}`);
      sent.delete("authorization");
    }
    url = next;
  }
  throw new Error(`No answer after ${MAX_REDIRECTS} redirects`);
}

async function get(guard: OutboundGuard, url: URL, headers: Headers, signal: AbortSignal) {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  promise.catch(() => {});
  guard.resolve(url).then(({ address, family }) => {
    if (signal.aborted) return;
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      headers: Object.fromEntries(headers),
      agent: false,
      signal,
      lookup: (_host, { all }, done) => all ? done(null, [{ address, family }]) : done(null, address, family),
    }, resolve);
    request.on("error", reject);
    request.end();
  }).catch(reject);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** A host as messages show it. */
export function quoted(host: string): string {
  return `'${host.slice(0, 100)}'`;
}

const EMPTY = [204, 205, 304];

function answer(response: IncomingMessage, status: number): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const body = EMPTY.includes(status) ? null : Readable.toWeb(response) as ReadableStream<Uint8Array>;
  return new Response(body, { status, headers });
}
