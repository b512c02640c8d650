/**
 * Answers with bytes whose length and tag are known before they are sent (RFC 9110, 13 and 14): nothing to who has them
 * already, and to who has a part the rest.
 */
import type { Context } from "hono";
import { bytesOf, closePieces, type Piece, readPieces } from "../core/formats/pieces.ts";
import type { Env } from "./context.ts";
import { problem } from "./problem.ts";

/** What is sent: the pieces of a file, which are closed by the answer. */
export interface Sent {
  /** For who saves it. */
  name: string;
  type: string;
  /** What the bytes are known by: other bytes have another. Without quotes. */
  tag: string;
  pieces: readonly Piece[];
}

/** Whether a list of tags has this one; weak ones are compared as if they were not. */
function lists(header: string, tag: string): boolean {
  if (header.trim() === "*") return true;
  return [...header.matchAll(/"([^"]*)"/g)].some(([, listed]) => listed === tag);
}

/**
 * The part that a Range header asks for, without its end; null for one that may be ignored: of another unit, of several
 * parts, or none that can be read.
 */
function rangeOf(header: string, bytes: number): { start: number; end: number } | null {
  const [, first, last] = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return null;
  if (first === "") return { start: Math.max(0, bytes - Number(last)), end: bytes };
  if (last !== "" && Number(last) < Number(first)) return null;
  return { start: Number(first), end: last === "" ? bytes : Math.min(bytes, Number(last) + 1) };
}

/** Answers with `sent`, with a part of it, or with why not, as the request's headers ask. */
export function fileAnswer(c: Context<Env>, { name, type, tag, pieces }: Sent): Response {
  const bytes = bytesOf(pieces);
  const { method } = c.req.raw;
  const headers: Record<string, string> = {
    etag: `"${tag}"`,
    "accept-ranges": "bytes",
  };
  /** An answer without the bytes. */
  const without = (answer: Response) => {
    closePieces(pieces);
    return answer;
  };
  const wanted = c.req.header("if-match");
  if (wanted !== undefined && !lists(wanted.replaceAll(/W\/"[^"]*"/g, ""), tag)) {
    return without(problem("precondition_failed", `If-Match names another file: this one is "${tag}"`));
  }
  const known = c.req.header("if-none-match");
  if (known !== undefined && lists(known, tag)) return without(c.body(null, 304, headers));
  Object.assign(headers, {
    "content-type": type,
    "content-disposition": `attachment; filename="${name.replaceAll(/[^\w.-]/g, "_")}"`,
  });
  const condition = c.req.header("if-range");
  const asked = method === "GET" && (condition === undefined || condition.trim() === `"${tag}"`)
    ? c.req.header("range")
    : undefined;
  const range = asked === undefined ? null : rangeOf(asked, bytes);
  if (range && range.start >= range.end) {
    const detail = `Expected a range of ${bytes} bytes, got '${asked!.slice(0, 100)}'`;
    return without(problem("range_not_satisfiable", detail, [], { "content-range": `bytes */${bytes}` }));
  }
  const { start, end } = range ?? { start: 0, end: bytes };
  headers["content-length"] = String(end - start);
  if (range) headers["content-range"] = `bytes ${start}-${end - 1}/${bytes}`;
  if (method === "HEAD") return without(c.body(null, 200, headers));
  return c.body(readPieces(pieces, start, end), range ? 206 : 200, headers);
}
