/**
 * Prefixed ULIDs (`job_01J…`): 48 bits of time, 80 random bits, Crockford's base 32. Ids sort in the order they were
 * made, within a millisecond and when the clock steps back too; over a restart, once `idsAfter` has seen the last.
 * Lists do not depend on it: they are in the order that the database counts.
 */

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_BITS = 80n;

const PREFIXES = {
  job: "job",
  checkpoint: "ckpt",
  dataset: "ds",
  event: "evt",
  webhook: "wh",
  generation: "gen",
  completion: "cmpl",
  chat_completion: "chatcmpl",
  file: "file",
  key: "key",
  audit: "aud",
} as const;

let lastTime = 0;
let lastRandom = 0n;

function freshRandom(): bigint {
  let value = 0n;
  for (const byte of crypto.getRandomValues(new Uint8Array(10))) value = (value << 8n) | BigInt(byte);
  return value;
}

/** A new id of a kind of thing, greater than every one made before it. */
export function newId(kind: keyof typeof PREFIXES, now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    lastRandom = freshRandom();
  } else if (++lastRandom >> RANDOM_BITS) {
    lastTime++;
    lastRandom = freshRandom();
  }
  let bits = (BigInt(lastTime) << RANDOM_BITS) | lastRandom;
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return `${PREFIXES[kind]}_${text}`;
}

/** Makes all ids from now on greater than `id`, whatever its kind; what is no id counts for nothing. */
export function idsAfter(id: unknown): void {
  if (typeof id !== "string") return;
  const [, digits] = /^[a-z]+_([0-7][0-9a-hjkmnp-tv-z]{9})[0-9a-hjkmnp-tv-z]{16}$/.exec(id) ?? [];
  if (digits === undefined) return;
  const time = [...digits].reduce((sum, digit) => sum * 32 + ALPHABET.indexOf(digit), 0);
  if (time < lastTime) return;
  // The next id is of the millisecond after, so the random bits need not be compared.
  lastTime = time + 1;
  lastRandom = freshRandom();
}
