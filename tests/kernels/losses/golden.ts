/** Six action tokens (rows of 4 and 2) with the numbers of ppo-spec §19 that both losses are checked against. */

/** Action tokens of each row; packed one after the other. */
export const LENGTHS = [4, 2];

export const POLICY = {
  logprobs: [-0.9, -0.8, -1.7, -0.26, -0.75, -0.9],
  old_logprobs: [-1, -0.5, -2, -0.25, -0.7, -1.2],
  advantages: [0.63642761, 0.44867532, 1.10861683, 0.27593137, -1.09537565, -1.37427547],
};

export const VALUE = {
  values: [0.4, 0.2, 0.1, 0.45, 0.1, 0.7],
  old_values: [0.1, 0.3, -0.2, 0.5, 0.2, 0.4],
  returns: [0.90060656, 0.94274375, 0.997625, 0.9975, -0.4555, -0.49],
};

/** A weight per token from one per row. */
export function perToken(rowWeight: (length: number) => number): number[] {
  return LENGTHS.flatMap((length) => new Array<number>(length).fill(rowWeight(length)));
}

/** Float32 on numbers around 1. */
export const TOLERANCE = 1e-6;
