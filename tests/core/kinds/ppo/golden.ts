/** Two rows of 4 and 2 action tokens; the numbers that follow from them were computed in double by other programs (ppo-spec §19). */

export const ROWS = {
  logprobs: [[-1, -0.5, -2, -0.25], [-0.7, -1.2]],
  ref_logprobs: [[-1.2, -0.4, -1.5, -0.3], [-0.9, -1]],
  values: [[0.1, 0.3, -0.2, 0.5], [0.2, 0.4]],
  scores: [1, -0.5],
  kl_coef: 0.05,
  rewards: [[-0.01, 0.005, 0.025, 0.9975], [-0.01, -0.49]],
};

/** γ = 1, λ = 0.95 on the unwhitened rewards. */
export const GAE = {
  advantages: [[0.80060656, 0.64274375, 1.197625, 0.4975], [-0.6555, -0.89]],
  returns: [[0.90060656, 0.94274375, 0.997625, 0.9975], [-0.4555, -0.49]],
};

/** Of the advantages above. */
export const WHITENED = {
  ddof1: [[0.63642761, 0.44867532, 1.10861683, 0.27593137], [-1.09537565, -1.37427547]],
  ddof0: [[0.69717151, 0.49149919, 1.21442889, 0.30226767], [-1.1999239, -1.50544335]],
};
