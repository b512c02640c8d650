/** Whitening over all tokens of a rollout batch, not per mini-batch: a mini-batch's own mean would leak its composition into the loss. */
import { moments, variance } from "../../moments.ts";

export interface WhitenOptions {
  /** false keeps the mean, as rewards want it. Default true. */
  shiftMean?: boolean;
  /** Subtracted from the count in the variance. Default 1. */
  ddof?: 0 | 1;
}

/** Inside the root, so that a batch of equal values gives 0 and not NaN. */
const EPSILON = 1e-8;

/**
 * (x − mean) / sqrt(var + 1e-8), over every entry of every row. Fewer than two entries have no variance and come
 * back as they are.
 */
export function whiten(
  rows: readonly ArrayLike<number>[],
  { shiftMean = true, ddof = 1 }: WhitenOptions = {},
): Float32Array[] {
  const all = moments(rows);
  if (all.count < 2) return rows.map((row) => Float32Array.from(row));
  const factor = 1 / Math.sqrt(variance(all, ddof) + EPSILON);
  const offset = shiftMean ? 0 : all.mean;
  return rows.map((row) => Float32Array.from(row, (x) => (x - all.mean) * factor + offset));
}
