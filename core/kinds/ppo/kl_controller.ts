/** How the KL coefficient moves from step to step. The coefficient is its only state. */
import type { KlControllerConfig } from "../../contract/ppo_job.ts";

/** The proportional error is kept within ±20 %, so one odd batch cannot throw the coefficient far. */
const MAX_ERROR = 0.2;

/**
 * The coefficient for the next step: β·(1 + clip(kl/target − 1, ±0.2)·episodes/horizon) when adaptive
 * (Ziegler et al. 2019, section 2.2).
 *
 * @param kl mean over the batch's rows of the *sum* of their tokens' KL, in nats: `objective/kl`
 * @param episodes rows of the batch
 */
export function nextKlCoef(config: KlControllerConfig, klCoef: number, kl: number, episodes: number): number {
  if (config.type === "fixed") return klCoef;
  const error = Math.min(MAX_ERROR, Math.max(-MAX_ERROR, kl / config.target - 1));
  // A batch larger than horizon / 0.2 episodes could otherwise push the coefficient below 0.
  return Math.max(0, klCoef * (1 + error * episodes / config.horizon));
}
