/** Rows that are not sampled yet: what is known of them may be enough to load the sessions that they will run in. */

export interface ExpectedRows {
  readonly rows: number;
  /** Tokens of the longest of them, at least and at most. */
  readonly longest: readonly [least: number, most: number];
  /** Tokens of a response, at most. */
  readonly actions: number;
  /** Layers whose hidden states they will come with. */
  readonly hidden: readonly number[];
}

/** The layer that graphs over these rows will begin with, as `firstLayer` says it of rows that are there. */
export function firstExpectedLayer({ hidden }: ExpectedRows, frozen: number): number {
  return hidden.includes(frozen) ? frozen : 0;
}
