/** Comparing arrays of numbers at an absolute tolerance. */
import assert from "node:assert/strict";

/** The largest absolute difference; infinite for other lengths, NaN if one is. */
export function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let most = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= most)) most = difference;
  }
  return most;
}

/** Fails unless every number is within `tolerance` of the one expected, naming `what`. */
export function within(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  const difference = worst(actual, expected);
  assert.ok(difference <= tolerance, `${what} is off by ${difference}, more than ${tolerance}`);
}
