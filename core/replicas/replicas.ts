/**
 * One training by several processes, each with a share of the rows: what a process must know of the others, and the two
 * things that they do together. Every process makes the same calls in the same order.
 */

/** What the collectives of a step took, in seconds; the sum over those since it was last taken. */
export interface ReplicaSeconds {
  /** Adding up. */
  sum_s: number;
  /** Bringing rows together. */
  gather_s: number;
  /** Until the last process was there. */
  wait_s: number;
}

export interface Replicas {
  /** 0 … size - 1; 0 speaks for all. */
  readonly rank: number;
  readonly size: number;
  /** Adds the arrays of all processes, element by element, in place; every process ends with the same bits. */
  sum(data: Float32Array | Float64Array): Promise<void>;
  /** The items of all processes in the order of their ranks, as structured clones; one's own too. */
  gather<T>(mine: readonly T[]): Promise<T[]>;
  /** What the collectives have taken since this was last called. */
  takeSeconds(): ReplicaSeconds;
}

/** A process that trains by itself. */
export const ALONE: Replicas = {
  rank: 0,
  size: 1,
  sum: () => Promise.resolve(),
  gather: (mine) => Promise.resolve([...mine]),
  takeSeconds: () => ({ sum_s: 0, gather_s: 0, wait_s: 0 }),
};

/** The rows of one process: contiguous, so that those of all in the order of ranks are the rows. */
export interface Share<T> {
  mine: T[];
  /** The place of its first row among all. */
  offset: number;
}

/** The share of `rank` of `size`: numbers of rows that differ by one at most, and may be 0 where rows are few. */
export function shareOf<T>(rows: readonly T[], { rank, size }: Pick<Replicas, "rank" | "size">): Share<T> {
  const offset = Math.floor(rows.length * rank / size);
  return { mine: rows.slice(offset, Math.floor(rows.length * (rank + 1) / size)), offset };
}
