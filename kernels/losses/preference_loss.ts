/**
 * The Bradley–Terry loss over pairs of scores [P] (ppo-spec §16): −log σ(r_c − r_r − margin), and what keeps scores
 * around zero, center_coef·(r_c + r_r)², which the difference alone leaves open.
 */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import { sum, weightedSum } from "./sums.ts";

/** Order of the sums over pairs in output `preference_stats`. */
export const PREFERENCE_STATS = [
  "loss_sum",
  "center_sum",
  "accuracy_sum",
  "margin_sum",
  "chosen_sum",
  "rejected_sum",
] as const;

/**
 * Adds inputs `margins`, `weights` [P], what each pair counts in the loss (1/pairs of the whole optimizer step for the
 * mean), and scalar `center_coef`. → loss [] and the sums of PREFERENCE_STATS, each []. A pair of equal scores is none
 * that was ranked right.
 */
export function preferenceLoss(
  g: Builder,
  chosen: Value,
  rejected: Value,
): { loss: Value; stats: Value[] } {
  const [margins, weights] = ["margins", "weights"].map((name) => g.input(name, "float32", chosen.shape));
  const difference = g.sub(chosen, rejected);
  const ranking = g.softplus(g.sub(margins!, difference));
  const both = g.add(chosen, rejected);
  const center = g.mul(both, both);
  const pair = g.add(ranking, g.mul(center, g.input("center_coef", "float32", [])));
  const right = g.cast(g.greater(chosen, rejected), "float32");
  const stats = [ranking, center, right, difference, chosen, rejected].map((perPair) => sum(g, perPair));
  return { loss: weightedSum(g, pair, weights!), stats };
}
