/** What another server answers, read as far as is wanted and for as long as it may take. */
import { joinBytes } from "../join_bytes.ts";

/**
 * Pieces of a body as they come. A server that sends nothing more holds nobody up once `signal` is aborted.
 *
 * @throws the signal's reason, or what the connection fails with
 */
export async function* piecesOf(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await Promise.race([reader.read(), aborted.promise]);
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    reader.cancel().catch(() => {});
  }
}

/**
 * A whole body of at most `maxBytes`.
 *
 * @throws RangeError when it is longer; and as `piecesOf`
 */
export async function bodyWithin(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of piecesOf(body, signal)) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new RangeError(`its answer is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return joinBytes(pieces);
}
