/** Count, mean and variance of all tokens of a batch of rows, in double and in two passes. */

export interface Moments {
  count: number;
  mean: number;
  /** Sum of squared distances from the mean. */
  m2: number;
}

/** Moments of every entry of every row; mean 0 where there is none. */
export function moments(rows: readonly ArrayLike<number>[]): Moments {
  let count = 0, sum = 0, m2 = 0;
  for (const row of rows) {
    count += row.length;
    for (let t = 0; t < row.length; t++) sum += row[t]!;
  }
  const mean = count === 0 ? 0 : sum / count;
  for (const row of rows) {
    for (let t = 0; t < row.length; t++) m2 += (row[t]! - mean) ** 2;
  }
  return { count, mean, m2 };
}

/** m2 / (count − ddof); 0 where that has no meaning. */
export function variance({ count, m2 }: Moments, ddof: 0 | 1): number {
  return count > ddof ? m2 / (count - ddof) : 0;
}
