/** The metrics that the epochs of supervised fine-tuning have, known before a job runs. */
import type { SftJobConfig } from "../../contract/sft_job.ts";
import type { MetricNames } from "../check_watched.ts";

export function sftMetricNames({ held_out }: SftJobConfig): MetricNames {
  const learned = ["loss", "perplexity", "grad_norm", "skipped_steps", "lr", "tokens", "truncated"];
  return {
    names: [...learned, ...(held_out ? ["held_out/loss", "held_out/perplexity"] : [])],
    open: [],
  };
}
