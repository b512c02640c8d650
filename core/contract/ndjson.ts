/** Newline-delimited text in bounded lines: what both ends of the engine protocol read. */
import { joinBytes } from "../join_bytes.ts";

/**
 * Yields the lines of a byte stream, without their ends; a last line without an end is yielded too.
 *
 * @param maxBytes Longest line, in bytes.
 * @param longLine What becomes of a longer one: an error, or its first `maxBytes` bytes are yielded.
 * @throws RangeError when a line is longer, unless it is cut.
 */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  longLine: "throw" | "cut" = "throw",
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const keep = (chunk: Uint8Array) => {
    if (longLine === "throw" && bytes + chunk.length > maxBytes) {
      throw new RangeError(`Cannot read line as it is longer than ${maxBytes} bytes`);
    }
    const part = chunk.subarray(0, maxBytes - bytes);
    bytes += part.length;
    if (part.length > 0) parts.push(part);
  };
  const take = () => {
    const line = parts.length === 1 ? parts[0]! : joinBytes(parts);
    const full = bytes === maxBytes;
    parts = [];
    bytes = 0;
    // A line that is cut may end inside a character, of which nothing is told.
    const text = decoder.decode(line, { stream: full });
    if (full) decoder.decode();
    return text;
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (bytes > 0) yield take();
}
