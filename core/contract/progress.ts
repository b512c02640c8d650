/** How far a job is, and what it measures. */
import { z } from "zod";

/** Where a job is: numbers of the last step that is done and of its epoch, both from 1; 0 before the first. */
export const progressSchema = z.object({
  epoch: z.int().describe("Of the last step that is done, from 1; 0 before the first."),
  epochs: z.int(),
  step: z.int().describe("The last that is done, from 1; 0 before the first."),
  steps: z.int(),
  episodes: z.int(),
  tokens: z.int(),
  /** Seconds until the last step, from the mean of the steps so far; null before the first. */
  eta_seconds: z.number().nullable(),
}).meta({ id: "Progress" });

export type Progress = z.output<typeof progressSchema>;

/** Metrics as they are measured, by the field's names: `objective/kl`, `policy/clipfrac_avg`, `time/rollout_s`, … */
export type Metrics = Record<string, number>;

/** Metrics as JSON has them, which has no infinity: one is null. */
export const metricsSchema = z.record(z.string(), z.number().nullable());

/** What a row of metrics is of. */
export const METRIC_SCOPES = ["step", "epoch", "evaluation"] as const;

export type MetricScope = (typeof METRIC_SCOPES)[number];

export type MetricsRecord = z.output<typeof metricsSchema>;
