/** An archive in parts of limited size, with the sums that whoever joins them checks. */
import { createHash } from "node:crypto";
import { join } from "node:path";

/** What `sha256sum -c` reads. */
export const SUMS_FILE = "SHA256SUMS";

const nameOf = (index: number) => `kit.part-${String(index).padStart(3, "0")}`;

export interface KitPart {
  name: string;
  bytes: number;
  sha256: string;
}

/** Writes `archive` into `folder` in parts of at most `partBytes`, and their sums; earlier parts there go. */
export async function writeParts(
  archive: AsyncIterable<Uint8Array>,
  folder: string,
  partBytes: number,
): Promise<KitPart[]> {
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (/^kit\.part-\d+$/.test(name) || name === SUMS_FILE) await Deno.remove(join(folder, name));
  }
  const parts: KitPart[] = [];
  let open: { file: Deno.FsFile; hash: ReturnType<typeof createHash>; bytes: number } | null = null;
  const close = () => {
    if (!open) return;
    open.file.close();
    parts.push({ name: nameOf(parts.length), bytes: open.bytes, sha256: open.hash.digest("hex") });
    open = null;
  };
  try {
    for await (let bytes of archive) {
      while (bytes.length > 0) {
        open ??= {
          file: await Deno.open(join(folder, nameOf(parts.length)), {
            write: true,
            create: true,
            truncate: true,
          }),
          hash: createHash("sha256"),
          bytes: 0,
        };
        const piece = bytes.subarray(0, partBytes - open.bytes);
        for (let at = 0; at < piece.length;) at += await open.file.write(piece.subarray(at));
        open.hash.update(piece);
        open.bytes += piece.length;
        if (open.bytes === partBytes) close();
        bytes = bytes.subarray(piece.length);
      }
    }
  } finally {
    close();
  }
  const sums = parts.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");
  await Deno.writeTextFile(join(folder, SUMS_FILE), sums);
  return parts;
}
