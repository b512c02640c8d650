/** Advantages and returns of rollouts by generalised advantage estimation. */
import { gae, rewardToGo } from "../kinds/ppo/advantages.ts";

/** Of one rollout: (n) each. */
export interface AdvantageInput {
  rewards: ArrayLike<number>;
  /** Values of the state before each action. */
  values: ArrayLike<number>;
  /** Value of the state after the last action, of a rollout that was cut off. Default 0. */
  bootstrap_value?: number;
}

export class AdvantageComputer {
  readonly gamma: number;
  readonly lam: number;

  /** @param options gamma (discount a token, default 1) and lam (GAE's λ, default 0.95) */
  constructor({ gamma = 1, lam = 0.95 }: { gamma?: number; lam?: number } = {}) {
    this.gamma = gamma;
    this.lam = lam;
  }

  /** @throws {RangeError} if rewards and values differ in length */
  compute(
    { rewards, values, bootstrap_value = 0 }: AdvantageInput,
  ): { advantages: Float32Array; returns: Float32Array; reward_to_go: Float32Array } {
    const options = { gamma: this.gamma, lam: this.lam, bootstrapValue: bootstrap_value };
    return {
      ...gae(rewards, values, options),
      reward_to_go: rewardToGo(rewards, this.gamma, bootstrap_value),
    };
  }
}
