/** The KL's term of a job's loss. */
import type { PpoConfig } from "../../contract/ppo_job.ts";
import type { KlLossConfig } from "../../networks/policy.ts";

/**
 * Null where the KL costs reward, or nothing: a coefficient of 0 stays 0.
 *
 * @param coef where the controller has it; the job's first by default
 */
export function klLossOf(
  { kl_in, kl_coef, kl_estimator }: Pick<PpoConfig, "kl_in" | "kl_coef" | "kl_estimator">,
  coef = kl_coef,
): KlLossConfig | null {
  // The schema has seen to its not being k1.
  if (kl_in === "reward" || kl_coef === 0 || kl_estimator === "k1") return null;
  return { estimator: kl_estimator, coef };
}
