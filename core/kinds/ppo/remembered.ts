/** Functions of plain values that remember their last answers. */

/** Values as text, maps too: equal texts are equal values. */
function contentOf(values: readonly unknown[]): string {
  return JSON.stringify(values, (_, value) => value instanceof Map ? [...value] : value);
}

/**
 * `work`, asked once for the same arguments; the answers are shared, so nobody may change them.
 *
 * @param most How many answers are kept, those asked for last.
 * @param relevant What of the arguments decides the answer: all of them by default.
 */
export function remembered<A extends unknown[], R>(
  most: number,
  work: (...args: A) => R,
  relevant: (...args: A) => readonly unknown[] = (...args) => args,
): (...args: A) => R {
  const answers = new Map<string, R>();
  return (...args) => {
    const key = contentOf(relevant(...args));
    const answer = answers.has(key) ? answers.get(key)! : work(...args);
    // The last one asked for is the last in the map.
    answers.delete(key);
    answers.set(key, answer);
    if (answers.size > most) answers.delete(answers.keys().next().value!);
    return answer;
  };
}
