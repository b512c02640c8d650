/** Functions of plain values that remember their last answers. */
import { LruCache } from "./lru_cache.ts";

/** Values as text, maps too, whatever order an object's fields are in: equal texts are equal values. */
function contentOf(values: readonly unknown[]): string {
  return JSON.stringify(values, (_, value) => {
    if (value instanceof Map) return [...value];
    const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
    return isRecord ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)) : value;
  });
}

/**
 * `work`, asked once for the same arguments; the answers are shared, so nobody may change them.
 *
 * @param most How many answers are kept, those asked for last.
 * @param relevant What of the arguments decides the answer: all of them by default.
 */
export function memoize<A extends unknown[], R>(
  most: number,
  work: (...args: A) => R,
  relevant: (...args: A) => readonly unknown[] = (...args) => args,
): (...args: A) => R {
  const answers = new LruCache<R>(most);
  return (...args) => {
    const key = contentOf(relevant(...args));
    if (!answers.has(key)) answers.set(key, work(...args));
    return answers.get(key)!;
  };
}
