/**
 * Takes in a request's body: its bytes as they were before Content-Encoding, at most so many before and after (counted
 * as they come, whatever Content-Length says), and not for longer than a client may fall silent.
 */
import type { Context } from "hono";
import process from "node:process";
import type { Transform } from "node:stream";
import { UserError } from "../core/errors.ts";
import { joinBytes } from "../core/join_bytes.ts";
import type { Env } from "./context.ts";

/** How long no byte of a body may come. */
const SILENCE_MS = 15_000;

/**
 * What frames a body's chunks may take as many bytes as this, and as this for each of the body's. What came before a
 * request on its connection is told from it to 64 KiB only.
 */
const FRAMING_BYTES = 128 * 1024;
const FRAMING_RATIO = 16;

/** zlib's header, which deflate is to have and which some clients leave out: method 8, and a multiple of 31. */
function hasZlibHeader([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 15) === 8 && (first * 256 + second) % 31 === 0;
}

type Decoder = Transform & { bytesWritten: number };

/** Loaded by the first body that is encoded, and not by every start. */
const zlib = () => process.getBuiltinModule("node:zlib");

/** By the names that Content-Encoding has for them. */
const DECODERS: Record<string, (bytes: Uint8Array) => Decoder> = {
  gzip: () => zlib().createGunzip() as unknown as Decoder,
  "x-gzip": () => zlib().createGunzip() as unknown as Decoder,
  deflate: (bytes) =>
    (hasZlibHeader(bytes) ? zlib().createInflate() : zlib().createInflateRaw()) as unknown as Decoder,
};

const MAX_CODINGS = 2;

function tooLarge(max_bytes: number): UserError {
  return new UserError("body_too_large", `Cannot read body as it is larger than ${max_bytes} bytes`);
}

/** The codings in the order in which they were applied. */
function codingsOf(header: string): string[] {
  const codings = header.split(",").map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
  const unknown = codings.find((coding) => !Object.hasOwn(DECODERS, coding));
  if (unknown === undefined && codings.length <= MAX_CODINGS) return codings;
  throw new UserError(
    "unsupported_media_type",
    `Expected a Content-Encoding of gzip, deflate or none, at most ${MAX_CODINGS} of them, got ` +
      `'${header.slice(0, 100)}'`,
  );
}

async function decode(bytes: Uint8Array, coding: string, max_bytes: number): Promise<Uint8Array> {
  const decoder = DECODERS[coding]!(bytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    decoder.end(bytes);
    for await (const chunk of decoder as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > max_bytes) throw tooLarge(max_bytes);
      chunks.push(chunk);
    }
    if (decoder.bytesWritten < bytes.length) throw new TypeError("There is more behind its end");
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      "malformed_request",
      `The body is not ${coding}, as Content-Encoding says, or is cut off`,
    );
  } finally {
    decoder.destroy();
  }
  return joinBytes(chunks);
}

/** The next part of the body. @throws UserError `request_timeout` when none comes in time */
async function nextPart(reader: ReadableStreamDefaultReader<Uint8Array>, silence_ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new UserError("request_timeout", `No more of the body came within ${silence_ms} ms`));
    }, silence_ms);
  });
  try {
    return await Promise.race([reader.read(), silent]);
  } finally {
    clearTimeout(timer);
  }
}

/** The bytes that came, still encoded, in the parts in which they came. */
async function* receive(
  c: Context<Env>,
  { max_bytes, silence_ms }: Required<Bounds>,
): AsyncGenerator<Uint8Array> {
  if (Number(c.req.header("content-length") ?? 0) > max_bytes) throw tooLarge(max_bytes);
  let size = 0;
  const reader = c.req.raw.body?.getReader();
  try {
    for (let part = reader && await nextPart(reader, silence_ms); part && !part.done;) {
      size += part.value.length;
      if (size > max_bytes) throw tooLarge(max_bytes);
      yield part.value;
      part = await nextPart(reader!, silence_ms);
    }
  } catch (error) {
    if (error instanceof UserError || c.req.raw.signal.aborted) throw error;
    throw new UserError("malformed_request", "The body broke off or is not framed as HTTP/1.1 says");
  }
  const framing = (c.env?.received?.() ?? 0) - size;
  if (framing > FRAMING_BYTES + FRAMING_RATIO * size) {
    throw new UserError("malformed_request", "The body's chunks have more around them than in them");
  }
}

export interface Bounds {
  /** Of the body as it comes, and as it is when decoded. */
  max_bytes: number;
  /** How long no byte may come. */
  silence_ms?: number;
}

/**
 * The whole body, decoded.
 *
 * @throws UserError `body_too_large`, `request_timeout`, `unsupported_media_type` for a coding that is not read here,
 * `malformed_request` for a body that is not what its headers say
 */
export async function readBody(
  c: Context<Env>,
  { max_bytes, silence_ms = SILENCE_MS }: Bounds,
): Promise<Uint8Array> {
  const codings = codingsOf(c.req.header("content-encoding") ?? "");
  let bytes: Uint8Array = joinBytes(await Array.fromAsync(receive(c, { max_bytes, silence_ms })));
  if (bytes.length === 0) return bytes;
  for (const coding of codings.reverse()) bytes = await decode(bytes, coding, max_bytes);
  return bytes;
}

/** A file that is unpacked as it comes. @throws UserError `malformed_request` when it is not what it is said to be */
async function* unpacked(
  parts: AsyncIterable<Uint8Array>,
  coding: string,
  max_bytes: number,
): AsyncGenerator<Uint8Array> {
  const decoder = new DecompressionStream(coding === "deflate" ? "deflate" : "gzip");
  const source = ReadableStream.from(parts) as ReadableStream<Uint8Array<ArrayBuffer>>;
  let size = 0;
  try {
    for await (const part of source.pipeThrough(decoder)) {
      size += part.length;
      if (size > max_bytes) throw tooLarge(max_bytes);
      yield part;
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UserError(
      "malformed_request",
      `The body is not ${coding}, as Content-Encoding says, or is cut off`,
    );
  }
}

/**
 * The body, decoded, in parts as it comes: for what is too large to be held.
 *
 * @throws UserError as `readBody` does, while it is read
 */
export function bodyParts(
  c: Context<Env>,
  { max_bytes, silence_ms = SILENCE_MS }: Bounds,
): AsyncIterable<Uint8Array> {
  const codings = codingsOf(c.req.header("content-encoding") ?? "");
  let parts: AsyncIterable<Uint8Array> = receive(c, { max_bytes, silence_ms });
  for (const coding of codings.reverse()) parts = unpacked(parts, coding, max_bytes);
  return parts;
}
