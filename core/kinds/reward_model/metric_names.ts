/** The metrics that the epochs of a reward model's training have, known before a job runs. */
import type { RewardModelJobConfig } from "../../contract/reward_model_job.ts";
import type { MetricNames } from "../check_watched.ts";

export function rewardModelMetricNames({ held_out, reward_model }: RewardModelJobConfig): MetricNames {
  const measured = ["loss", "accuracy", "margin", "calibration_error", "brier"];
  return {
    names: [
      ...["loss", "accuracy", "margin", "center", "score/chosen", "score/rejected"],
      ...["grad_norm", "skipped_steps", "lr", "tokens", "padding_share"],
      ...(held_out ? measured.map((name) => `held_out/${name}`) : []),
      ...(reward_model.normalize ? ["score/mean", "score/std"] : []),
    ],
    open: [],
  };
}
