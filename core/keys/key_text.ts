/**
 * How a key looks: `sk-prox-`, 40 random characters, and 6 that are a checksum of those, so that a key that was cut off
 * or mistyped is told from one that is not known, and scanners of leaked secrets can tell one from text.
 */
import { createHash } from "node:crypto";

export const KEY_PREFIX = "sk-prox-";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LENGTH = 40;
const CHECKSUM_LENGTH = 6;
/** Of the random characters, so many are shown to tell keys apart; 34 remain, or 202 bits. */
const SHOWN = 6;

const sha256 = (text: string) => createHash("sha256").update(text).digest();

/** Random characters, each as likely as the others. */
function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    // The bytes from 248 on would make some characters likelier.
    for (const byte of crypto.getRandomValues(new Uint8Array(2 * length))) {
      if (byte < 4 * ALPHABET.length && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}

function checksum(random: string): string {
  let value = sha256(random).readUInt32BE(0);
  let text = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET[value % ALPHABET.length] + text;
    value = Math.floor(value / ALPHABET.length);
  }
  return text;
}

/** A new key of 238 random bits. */
export function newKeyText(): string {
  const random = randomText(RANDOM_LENGTH);
  return KEY_PREFIX + random + checksum(random);
}

/** Whether a text that begins like a key of ours is not one, as when it was cut off. */
export function isDamagedKey(text: string): boolean {
  if (!text.startsWith(KEY_PREFIX)) return false;
  const rest = text.slice(KEY_PREFIX.length);
  return rest.length !== RANDOM_LENGTH + CHECKSUM_LENGTH ||
    checksum(rest.slice(0, RANDOM_LENGTH)) !== rest.slice(RANDOM_LENGTH);
}

/** The characters by which people and logs know a key. */
export function keyStart(text: string): string {
  return text.slice(0, KEY_PREFIX.length + SHOWN);
}

/** What is stored of a key, and compared. A key is as random as its hash, so nothing slow is needed. */
export function keyHash(text: string): Uint8Array {
  return sha256(text);
}
