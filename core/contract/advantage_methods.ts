/**
 * The ways to estimate advantages that a PPO job may name, and what each takes for granted: a row a method. What a method
 * computes is in `core/kinds/ppo/advantage_methods.ts`. Which of these numbers are whose is in docs/algorithms.md.
 */

/** How the losses of an optimizer step's tokens are added up. */
export const LOSS_AGGREGATIONS = ["token_mean", "sequence_mean", "sequence_sum", "constant"] as const;

export type LossAggregation = (typeof LOSS_AGGREGATIONS)[number];

/** Estimates of the KL per token: J. Schulman, "Approximating KL Divergence". */
export const KL_ESTIMATOR_NAMES = ["k1", "k2", "k3"] as const;

/** Fields of `ppo` whose defaults are the method's. */
export interface MethodDefaults {
  kl_coef: number;
  /** Where the KL from the reference costs: in the rewards, or as a term of the loss. */
  kl_in: "reward" | "loss";
  kl_estimator: (typeof KL_ESTIMATOR_NAMES)[number];
  /** Discount per token. */
  gamma: number;
  loss_aggregation: LossAggregation;
  whiten_advantages: boolean;
}

export interface AdvantageMethod {
  /** Whether it judges by a value network. */
  critic: boolean;
  /** Responses of one prompt that it compares, at least. */
  least_rollouts: number;
  /** Whether all of a response's rewards are added up before anything else, so that it matters nowhere which token got them. */
  of_sums: boolean;
  defaults: MethodDefaults;
}

const IN_REWARD = { kl_in: "reward", kl_estimator: "k1" } as const;
const IN_LOSS = { kl_in: "loss", kl_estimator: "k3" } as const;

export const ADVANTAGE_METHODS = {
  /** Schulman et al. 2016; defaults: ours, and the field's. */
  gae: {
    critic: true,
    least_rollouts: 1,
    of_sums: false,
    defaults: {
      ...{ kl_coef: 0.1, ...IN_REWARD, gamma: 0.99 },
      ...{ loss_aggregation: "token_mean", whiten_advantages: true },
    },
  },
  /** DeepSeekMath (2402.03300). */
  grpo: {
    critic: false,
    least_rollouts: 2,
    of_sums: true,
    defaults: {
      ...{ kl_coef: 0.04, ...IN_LOSS, gamma: 1 },
      ...{ loss_aggregation: "sequence_mean", whiten_advantages: false },
    },
  },
  /** "Understanding R1-Zero-Like Training" (2503.20783): no division by what varies, and no KL. */
  dr_grpo: {
    critic: false,
    least_rollouts: 2,
    of_sums: true,
    defaults: {
      ...{ kl_coef: 0, ...IN_LOSS, gamma: 1 },
      ...{ loss_aggregation: "constant", whiten_advantages: false },
    },
  },
  /** "Back to Basics" (2402.14740); kl_coef of TRL. */
  rloo: {
    critic: false,
    least_rollouts: 2,
    of_sums: true,
    defaults: {
      ...{ kl_coef: 0.05, ...IN_REWARD, gamma: 1 },
      ...{ loss_aggregation: "sequence_sum", whiten_advantages: false },
    },
  },
  /** 2501.03262; kl_coef of OpenRLHF. */
  "reinforce++": {
    critic: false,
    least_rollouts: 1,
    of_sums: false,
    defaults: {
      ...{ kl_coef: 0.01, ...IN_REWARD, gamma: 1 },
      ...{ loss_aggregation: "token_mean", whiten_advantages: true },
    },
  },
  /** The same paper's form for groups, which moves the KL into the loss. */
  "reinforce++_baseline": {
    critic: false,
    least_rollouts: 2,
    of_sums: false,
    defaults: {
      ...{ kl_coef: 0.01, ...IN_LOSS, kl_estimator: "k2", gamma: 1 },
      ...{ loss_aggregation: "token_mean", whiten_advantages: true },
    },
  },
} as const satisfies Record<string, AdvantageMethod>;

export type AdvantageName = keyof typeof ADVANTAGE_METHODS;

export const ADVANTAGE_NAMES = Object.keys(ADVANTAGE_METHODS) as [AdvantageName, ...AdvantageName[]];

/** "gae 0.1, grpo 0.04, …": a default as a field's text says it. */
export function defaultsOf(field: keyof MethodDefaults): string {
  const by = new Map<unknown, string[]>();
  for (const [name, { defaults }] of Object.entries<AdvantageMethod>(ADVANTAGE_METHODS)) {
    by.set(defaults[field], [...by.get(defaults[field]) ?? [], name]);
  }
  const [usual, ...others] = [...by].map(([value, names]) => ({ value, names }));
  return [String(usual!.value), ...others.map(({ value, names }) => `${value} with ${names.join(", ")}`)]
    .join("; ");
}
