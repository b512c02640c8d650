/**
 * When two names stand for one model. A hub's name (`org/name`) is also written as a folder's, `org--name` by
 * downloads and `models--org--name` by the hub's own cache; and a letter with an accent is one character for one
 * system and two for another. Case always counts.
 */

/** A part of a hub's name: two hyphens in a row would make two names one folder's. */
const PART = String.raw`[A-Za-z0-9](?:[\w.]|-(?!-))*`;
const HUB_NAME = new RegExp(`^${PART}/${PART}$`);
const HUB_FOLDER = new RegExp(`^(?:models--)?(${PART})--(${PART}(?:@.+)?)$`);
/** Of the hub's first models, which nobody's name is before. */
const OLD_HUB_FOLDER = new RegExp(`^models--(${PART})$`);

/** What is equal for all names of one model, and for no others. */
export function modelKey(name: string): string {
  const text = name.normalize("NFC");
  const parts = OLD_HUB_FOLDER.exec(text) ?? HUB_FOLDER.exec(text);
  return parts ? parts.slice(1).join("/") : text;
}

/** The hub's name that this one stands for, without a revision; null when it can be none of the hub's. */
export function hubNameOf(name: string): string | null {
  const [id] = modelKey(name).split("@") as [string];
  return HUB_NAME.test(id) && !id.includes("..") ? id : null;
}

/** Names among `known` that `name` may have been meant to be: written alike, or of the same end. */
export function similarNames(name: string, known: readonly string[]): string[] {
  const wanted = plain(name);
  if (wanted === "") return [];
  const lastOf = (text: string) => plain(modelKey(text).split("/").at(-1)!);
  const isSimilar = (other: string) =>
    plain(other) === wanted || lastOf(other) === lastOf(name) ||
    distance(plain(other), wanted) <= Math.min(3, Math.floor(wanted.length / 6));
  return known.filter(isSimilar).slice(0, 5);
}

function plain(name: string): string {
  return modelKey(name).toLowerCase().normalize("NFKD").replaceAll(/[^\p{L}\p{N}]/gu, "").slice(0, 100);
}

/** How many letters must be put in, taken out or changed to make one text the other. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
