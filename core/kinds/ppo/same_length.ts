/** One check for functions over parallel arrays: a short one would read as undefined and end as NaN. */

/** @throws {RangeError} naming the first array whose length differs from the first one's */
export function sameLength(arrays: Record<string, ArrayLike<unknown>>): number {
  const [[firstName, first] = ["", []], ...rest] = Object.entries(arrays);
  for (const [name, array] of rest) {
    if (array.length !== first.length) {
      throw new RangeError(`${name} has ${array.length} entries where ${firstName} has ${first.length}`);
    }
  }
  return first.length;
}
