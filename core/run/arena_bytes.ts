/** What the arena of a whole step comes to, by what its runs need. */

/** Freed blocks of one size do not always serve another: the arena of a whole step, over the largest run's values. */
const FRAGMENTATION = 1.5;

/** @param runs bytes of the values that runs hold, each by itself */
export function arenaBytes(...runs: number[]): number {
  return Math.round(FRAGMENTATION * Math.max(...runs));
}
