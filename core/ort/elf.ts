/** Which shared libraries an ELF file needs: its DT_NEEDED entries. Reads nothing else of the format. */

const PROGRAM_LOAD = 1;
const PROGRAM_DYNAMIC = 2;
const TAG = { needed: 1, strings: 5 } as const;

/** The names, in the file's order. @throws {TypeError} for what is no 64-bit little-endian ELF file */
export function neededLibraries(path: string): string[] {
  using file = Deno.openSync(path);
  const read = (offset: number, length: number): DataView => {
    file.seekSync(offset, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const count = file.readSync(bytes.subarray(at));
      if (count === null) throw new TypeError(`Cannot read '${path}': it ends at byte ${offset + at}`);
      at += count;
    }
    return new DataView(bytes.buffer);
  };
  const u64 = (view: DataView, at: number) => Number(view.getBigUint64(at, true));
  const header = read(0, 64);
  const isElf64 = header.getUint32(0) === 0x7f454c46 && header.getUint8(4) === 2 && header.getUint8(5) === 1;
  if (!isElf64) throw new TypeError(`Cannot read '${path}' as a shared library: it is no 64-bit ELF file`);
  const [size, count] = [header.getUint16(54, true), header.getUint16(56, true)];
  const table = read(u64(header, 32), size * count);
  const segments = Array.from({ length: count }, (_, i) => ({
    type: table.getUint32(i * size, true),
    offset: u64(table, i * size + 8),
    address: u64(table, i * size + 16),
    bytes: u64(table, i * size + 32),
  }));
  const dynamic = segments.find(({ type }) => type === PROGRAM_DYNAMIC);
  if (!dynamic) return [];
  const entries = read(dynamic.offset, dynamic.bytes);
  const values = (tag: number) =>
    Array.from({ length: dynamic.bytes / 16 }, (_, i) => i * 16)
      .filter((at) => u64(entries, at) === tag).map((at) => u64(entries, at + 8));
  const [address] = values(TAG.strings);
  const holder = segments.find(({ type, address: start, bytes }) =>
    type === PROGRAM_LOAD && address !== undefined && start <= address && address < start + bytes
  );
  if (!holder) return [];
  const strings = holder.offset + address! - holder.address;
  return values(TAG.needed).map((at) => {
    const bytes = new Uint8Array(read(strings + at, 128).buffer);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  });
}
