/** The metrics that the epochs of supervised fine-tuning have, known before a job runs. */
import type { SftJobConfig } from "../../contract/sft_job.ts";
import type { MetricNames } from "../check_watched.ts";

export function sftMetricNames({ held_out }: SftJobConfig): MetricNames {
  const learned = [
    "loss",
    "perplexity",
    "token_accuracy",
    "grad_norm",
    "skipped_steps",
    "lr",
    "tokens",
    "truncated",
    "padding_share",
  ];
  const measured = ["loss", "perplexity", "token_accuracy"].map((name) => `held_out/${name}`);
  return {
    names: [...learned, ...(held_out ? measured : [])],
    open: [],
  };
}
