/**
 * Files as one tar archive (POSIX ustar), laid out and not written: each file stays where it is, between the bytes that the
 * format puts around it. So the archive's length is known before it is read, the same files give the same bytes, and a
 * download that broke off goes on in the middle, none of which writers of tar streams offer.
 */
import type { Piece } from "./pieces.ts";

/** A file as it will be in the archive. */
export interface TarFile {
  /** Its path in the archive, with slashes; ASCII, at most 100 characters. */
  name: string;
  file: Deno.FsFile;
  bytes: number;
}

const BLOCK = 512;
/** The largest size that eleven octal digits can say. */
const MAX_OCTAL = 8 ** 11 - 1;

/**
 * The archive of `files`, in their order.
 *
 * @param time Of all files in it
 * @throws RangeError for a name that the format has no room for
 */
export function tarPieces(files: readonly TarFile[], time: Date): Piece[] {
  return [
    ...files.flatMap(({ name, file, bytes }) => [
      header(name, bytes, time),
      { file, bytes },
      new Uint8Array((BLOCK - bytes % BLOCK) % BLOCK),
    ]),
    new Uint8Array(2 * BLOCK),
  ];
}

/** A file's header: fields at fixed places, numbers as octal text, and the sum of all its bytes. */
function header(name: string, bytes: number, time: Date): Uint8Array {
  // deno-lint-ignore no-control-regex
  if (!/^[\x00-\x7f]{1,100}$/.test(name)) {
    throw new RangeError(`Cannot archive '${name}': expected up to 100 characters of ASCII`);
  }
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  if (bytes <= MAX_OCTAL) put(124, octal(bytes, 11));
  else putLarge(block, 124, bytes);
  put(136, octal(Math.floor(time.getTime() / 1000), 11));
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(148, octal(block.reduce((sum, byte) => sum + byte, 0), 6) + "\0 ");
  return block;
}

/** Sizes of 8 GiB and more, as GNU tar, bsdtar and Python write and read them: twelve bytes, the first bit set. */
function putLarge(block: Uint8Array, at: number, value: number): void {
  new DataView(block.buffer).setBigUint64(at + 4, BigInt(value));
  block[at] = 0x80;
}
