/** What a key of API_KEYS is called where its text must not be seen: in rows and in the queue. */
import { createHash } from "node:crypto";

/** Digits of the name: enough that no two keys of a server meet. */
const DIGITS = 8;

/** `env_` and a few digits of the key's hash: the same over restarts, in whatever order the keys are listed. */
export function environmentKeyId(key: string): string {
  return `env_${createHash("sha256").update(`proximal key id\0${key}`).digest("hex").slice(0, DIGITS)}`;
}
