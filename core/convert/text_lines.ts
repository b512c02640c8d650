/** The lines of a text file, read piece by piece: their bytes, and which they are. */
import { joinBytes } from "../join_bytes.ts";

const READ_BYTES = 1 << 20;
const LINE_END = 10;

export interface Line {
  /** From 1. */
  number: number;
  /** With its end, unless the file ends without one. */
  bytes: Uint8Array;
}

/** The marks that a text may begin with; of UTF-8 alone it means nothing. */
export const UTF8_MARK = [0xef, 0xbb, 0xbf];
const UTF16_MARKS = [[0xff, 0xfe], [0xfe, 0xff]];

export const beginsWith = (bytes: Uint8Array, mark: readonly number[]) =>
  mark.every((byte, at) => bytes[at] === byte);

/** Whether a file begins as UTF-16 does. */
export function isUtf16(bytes: Uint8Array): boolean {
  return UTF16_MARKS.some((mark) => beginsWith(bytes, mark));
}

/**
 * Lines of a file, without the mark that UTF-8 may begin with.
 *
 * @param tooLong is called with the number of a line of more than `maxBytes`, and throws
 */
export function* textLines(
  path: string,
  maxBytes: number,
  tooLong: (number: number) => never,
): Generator<Line> {
  using file = Deno.openSync(path);
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let number = 1;
  let first = true;
  for (;;) {
    const buffer = new Uint8Array(READ_BYTES);
    const count = file.readSync(buffer);
    if (count === null) break;
    let at = first && beginsWith(buffer, UTF8_MARK) ? UTF8_MARK.length : 0;
    first = false;
    const chunk = buffer.subarray(0, count);
    for (let end = chunk.indexOf(LINE_END, at); end >= 0; end = chunk.indexOf(LINE_END, at)) {
      const part = chunk.subarray(at, end + 1);
      if (keptBytes + part.length > maxBytes + 2) tooLong(number);
      yield { number: number++, bytes: keptBytes === 0 ? part : joinBytes([...kept, part]) };
      kept = [];
      keptBytes = 0;
      at = end + 1;
    }
    if (at < count) {
      kept.push(chunk.subarray(at));
      keptBytes += count - at;
      if (keptBytes > maxBytes + 2) tooLong(number);
    }
  }
  if (keptBytes > 0) yield { number, bytes: joinBytes(kept) };
}
