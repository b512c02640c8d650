/**
 * What the updates on one rollout batch did. Micro-batches report sums over their tokens, so every average here
 * is over tokens whatever the cut; a mean of means would favour short micro-batches.
 */
import type { Metrics } from "../../contract/progress.ts";
import { moments, variance } from "../../moments.ts";

/** One micro-batch, as the training graph reports it: sums over its action tokens. Δ = new − old log-probability. */
export interface UpdateStats {
  tokens: number;
  /** Clipped policy loss. */
  policy_loss_sum: number;
  /** ½Δ². */
  approxkl_sum: number;
  /** Tokens whose clipped term was the larger. */
  clipfrac_sum: number;
  entropy_sum: number;
  /** exp Δ. */
  ratio_sum: number;
  /** exp Δ − 1 − Δ: unbiased estimate of KL(old ‖ new), never negative. */
  k3_sum: number;
  /** With its ½, without vf_coef. Of jobs with values alone. */
  value_loss_sum?: number;
  value_clipfrac_sum?: number;
  /** Estimate of the KL from the reference, without kl_coef. Of jobs whose loss has it alone. */
  kl_sum?: number;
}

/** One optimizer step. Norms are those before clipping; null for a network that was not stepped. */
export interface OptimizerStats {
  policy_grad_norm: number | null;
  value_grad_norm: number | null;
  /** Learning rate of the policy in this step. */
  lr: number;
  /** The gradient was not finite and was thrown away. */
  skipped: boolean;
}

const EMPTY: UpdateStats = {
  tokens: 0,
  policy_loss_sum: 0,
  approxkl_sum: 0,
  clipfrac_sum: 0,
  entropy_sum: 0,
  ratio_sum: 0,
  k3_sum: 0,
};

/** Entry-wise sum of micro-batches, which all have the same entries. */
export function addStats(parts: readonly UpdateStats[]): UpdateStats {
  const total = { ...EMPTY };
  for (const part of parts) {
    for (const [key, sum] of Object.entries(part) as [keyof UpdateStats, number][]) {
      total[key] = (total[key] ?? 0) + sum;
    }
  }
  return total;
}

/** Whether a mini-batch has moved so far that the updates on this rollout batch should end: mean k3 > 1.5·target_kl. */
export function exceedsTargetKl(miniBatch: readonly UpdateStats[], targetKl: number): boolean {
  const { k3_sum, tokens } = addStats(miniBatch);
  return k3_sum / tokens > 1.5 * targetKl;
}

/** Collects the stats of one step's updates. */
export class UpdateMetrics {
  #microBatches: UpdateStats[] = [];
  #optimizerSteps: OptimizerStats[] = [];
  #earlyStop = 0;

  addMicroBatch(stats: UpdateStats): void {
    this.#microBatches.push(stats);
  }

  addOptimizerStep(stats: OptimizerStats): void {
    this.#optimizerSteps.push(stats);
  }

  /** Notes that target_kl ended the updates in this PPO epoch, counted from 0. */
  stopEarly(ppoEpoch: number): void {
    this.#earlyStop = ppoEpoch + 1;
  }

  /**
   * The step's metrics. Gradient norms are means over the optimizer steps that were taken.
   *
   * @throws {RangeError} if no micro-batch was added
   */
  finish(): Metrics {
    const total = addStats(this.#microBatches);
    if (total.tokens === 0) throw new RangeError("Cannot average updates over no tokens");
    const perToken = (key: keyof UpdateStats) => total[key]! / total.tokens;
    const ofValues = total.value_loss_sum !== undefined;
    const ratios = this.#microBatches.map((stats) => stats.ratio_sum / stats.tokens);
    const taken = this.#optimizerSteps.filter((step) => !step.skipped);
    const meanNorm = (key: "policy_grad_norm" | "value_grad_norm") =>
      moments([taken.map((step) => step[key]).filter((norm) => norm !== null)]).mean;
    return {
      "loss/policy_avg": perToken("policy_loss_sum"),
      ...(ofValues && { "loss/value_avg": perToken("value_loss_sum") }),
      ...(total.kl_sum !== undefined && { "loss/kl_avg": perToken("kl_sum") }),
      "policy/approxkl_avg": perToken("approxkl_sum"),
      "policy/clipfrac_avg": perToken("clipfrac_sum"),
      "policy/entropy_avg": perToken("entropy_sum"),
      "policy/k3_avg": perToken("k3_sum"),
      "policy/grad_norm": meanNorm("policy_grad_norm"),
      ...(ofValues && {
        "value/grad_norm": meanNorm("value_grad_norm"),
        "val/clipfrac_avg": perToken("value_clipfrac_sum"),
      }),
      "val/ratio": perToken("ratio_sum"),
      // Of the micro-batch means, not of the tokens: how unevenly the updates moved.
      "val/ratio_var": variance(moments([ratios]), 1),
      "lr": this.#optimizerSteps.at(-1)?.lr ?? 0,
      "optimizer_steps": taken.length,
      "skipped_steps": this.#optimizerSteps.length - taken.length,
      // 1 for the first PPO epoch; 0 says that all of them ran.
      "early_stop_epoch": this.#earlyStop,
    };
  }
}
