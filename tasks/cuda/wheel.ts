/** Reads a Python wheel, which is a zip archive: names, and one file at a time. No zip64, no encryption. */
import { createInflateRaw } from "node:zlib";
import { pipeline } from "node:stream/promises";
import { createReadStream, createWriteStream } from "node:fs";

export interface WheelEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly compressed: number;
  readonly offset: number;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
/** The end record, and a comment of 64 KiB behind it. */
const TAIL = 22 + 65_535;

/** The archive's table. @throws {TypeError} for what is no zip archive */
export async function wheelEntries(path: string): Promise<WheelEntry[]> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const read = async (offset: number, length: number) => {
    await file.seek(offset, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const count = await file.read(bytes.subarray(at));
      if (count === null) throw new TypeError(`Cannot read '${path}': it is cut short`);
      at += count;
    }
    return new DataView(bytes.buffer);
  };
  const tail = await read(Math.max(0, size - TAIL), Math.min(size, TAIL));
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw new TypeError(`Cannot read '${path}' as a wheel: it is no zip archive`);
  const table = await read(tail.getUint32(end + 16, true), tail.getUint32(end + 12, true));
  const entries: WheelEntry[] = [];
  for (let at = 0; at + 46 <= table.byteLength && table.getUint32(at, true) === ENTRY;) {
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => table.getUint16(at + field, true));
    const name = new TextDecoder().decode(new Uint8Array(table.buffer, at + 46, nameLength));
    const header = await read(table.getUint32(at + 42, true), 30);
    entries.push({
      name,
      method: table.getUint16(at + 10, true),
      compressed: table.getUint32(at + 20, true),
      offset: table.getUint32(at + 42, true) + 30 + header.getUint16(26, true) + header.getUint16(28, true),
    });
    at += 46 + nameLength! + extra! + comment!;
  }
  return entries;
}

/** Writes one file of the archive to `target`; it appears when it is whole. */
export async function extract(path: string, entry: WheelEntry, target: string): Promise<void> {
  const part = `${target}.part`;
  const source = createReadStream(path, { start: entry.offset, end: entry.offset + entry.compressed - 1 });
  if (entry.method === 0) await pipeline(source, createWriteStream(part));
  else await pipeline(source, createInflateRaw(), createWriteStream(part));
  await Deno.rename(part, target);
}
