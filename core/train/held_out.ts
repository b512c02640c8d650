/** Which rows of a job are trained on and which are kept for measuring: by number of rows, size and seed alone. */
import type { HeldOutRows } from "../contract/held_out.ts";
import { permutation } from "../rng.ts";

/** Indices of rows, each list ascending; every row is in one of them. */
export interface HeldOutSplit {
  train: number[];
  held_out: number[];
}

/**
 * Splits rows 0..rows−1.
 *
 * @param size how many are held out: a share of the rows below 1, a number of rows from 1 on, none at 0. Rounded to the
 * nearest number that leaves a row on either side, so one row alone is trained on.
 * @param which rows those are: chosen by the seed, or the last
 * @throws {RangeError} for a size that is neither
 */
export function heldOutSplit(
  rows: number,
  size: number,
  seed: number,
  which: HeldOutRows = "random",
): HeldOutSplit {
  if (!(size >= 0) || (size >= 1 && !Number.isInteger(size))) {
    throw new RangeError(`Expected a share below 1 or a number of rows to hold out, got ${size}`);
  }
  const wanted = size < 1 ? Math.round(size * rows) : size;
  const count = size === 0 ? 0 : Math.min(Math.max(wanted, 1), rows - 1);
  const isHeldOut = new Uint8Array(rows);
  if (count > 0) {
    if (which === "last") isHeldOut.fill(1, rows - count);
    else for (const row of permutation(seed, "held_out", 0, 0, rows).slice(0, count)) isHeldOut[row] = 1;
  }
  const split: HeldOutSplit = { train: [], held_out: [] };
  for (let row = 0; row < rows; row++) (isHeldOut[row] ? split.held_out : split.train).push(row);
  return split;
}
