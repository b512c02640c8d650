/**
 * The alphabet of byte-level tokenizers (GPT-2's): each byte is written as one visible character, so a vocabulary
 * of strings can hold any bytes. Printable Latin-1 stands for itself, the other bytes for the characters from
 * U+0100 on, in order.
 */

/** The character of each byte. */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

const BYTE_OF = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

/** The bytes that a byte-level vocabulary entry stands for, or null when it is not written in this alphabet. */
export function entryBytes(entry: string): Uint8Array | null {
  const bytes: number[] = [];
  for (const character of entry) {
    const byte = BYTE_OF.get(character);
    if (byte === undefined) return null;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** The vocabulary entry for bytes. */
export function bytesEntry(bytes: Iterable<number>): string {
  let entry = "";
  for (const byte of bytes) entry += BYTE_CHARACTERS[byte];
  return entry;
}

function byteCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(printable ? byte : next++);
  });
}
