/**
 * The clipped policy loss of PPO over the action tokens of a micro-batch, packed as [N] (ppo-spec §9):
 * L = max(−A·ρ, −A·clip(ρ, low, high)), bounded by −c·A where A < 0 (dual clip). Padding does not exist here.
 */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import { sum, weightedSum } from "./sums.ts";

/** Order of the sums over tokens in output `policy_stats`. */
export const POLICY_STATS = [
  "policy_loss_sum",
  "approxkl_sum",
  "clipfrac_sum",
  "ratio_sum",
  "k3_sum",
  "entropy_sum",
] as const;

/** Log ratios beyond this are cut, so that no ratio overflows. */
const MAX_LOG_RATIO = 20;

/**
 * Adds inputs `old_logprobs`, `advantages` [N] and scalars `clip_low` = 1−ε, `clip_high` = 1+ε, `dual_clip` = c
 * (1e30 = off). `weights` [N] is what each token counts in the loss: 1/tokens of the whole optimizer step for the
 * token mean. → loss [] and the sums of POLICY_STATS, each [].
 */
export function policyLoss(
  g: Builder,
  logprobs: Value,
  entropy: Value,
  weights: Value,
): { loss: Value; stats: Value[] } {
  const oldLogprobs = g.input("old_logprobs", "float32", logprobs.shape);
  const advantages = g.input("advantages", "float32", logprobs.shape);
  const [low, high, dual] = ["clip_low", "clip_high", "dual_clip"].map((name) =>
    g.input(name, "float32", [])
  );
  const delta = g.clip(g.sub(logprobs, oldLogprobs), -MAX_LOG_RATIO, MAX_LOG_RATIO);
  const ratio = g.exp(delta);
  const negative = g.neg(advantages);
  const unclipped = g.mul(negative, ratio);
  const clipped = g.mul(negative, g.clip(ratio, low!, high!));
  const pessimistic = g.max(unclipped, clipped);
  const bounded = g.min(pessimistic, g.mul(negative, dual!));
  const token = g.where(g.less(advantages, 0), bounded, pessimistic);
  const stats = [
    token,
    g.mul(g.mul(delta, delta), 0.5),
    g.cast(g.greater(clipped, unclipped), "float32"),
    ratio,
    g.sub(g.sub(ratio, 1), delta),
    entropy,
  ].map((perToken) => sum(g, perToken));
  return { loss: weightedSum(g, token, weights), stats };
}
