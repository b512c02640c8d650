/** How far a job is, and what it measures. */
import { z } from "zod";
import { component } from "./component.ts";

/** Where a job is: numbers of the last step that is done and of its epoch, both from 1; 0 before the first. */
export const progressSchema = z.object({
  epoch: z.int().describe("Of the last step that is done, from 1; 0 before the first."),
  epochs: z.int().describe("In all."),
  step: z.int().describe("The last that is done, from 1; 0 before the first."),
  steps: z.int().describe("In all."),
  episodes: z.int().describe("Rollouts, examples or pairs that were worked on so far."),
  tokens: z.int().describe("Tokens that were sampled or learned so far."),
  eta_seconds: z.number().nullable().describe(
    "Seconds until the last step, from the mean of the steps so far; null before the first.",
  ),
}).meta({ ...component("Progress"), description: "How far a job is" });

export type Progress = z.output<typeof progressSchema>;

/** Metrics as they are measured, by the field's names: `objective/kl`, `policy/clipfrac_avg`, `time/rollout_s`, … */
export type Metrics = Record<string, number>;

/** Metrics as they are stored and told: one that is no finite number is left out. */
export const metricsSchema = z.record(z.string(), z.number()).meta({
  ...component("Metrics"),
  description: "Numbers by the metrics' names. One that is no finite number is left out.",
});

/** The metrics that are finite numbers. */
export function finiteMetrics(metrics: Readonly<Record<string, number | null>>): Metrics {
  const finite = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(finite) as Metrics;
}

/** Metrics as an engine sends them: JSON has no infinity, and null in its place. */
export const sentMetricsSchema = z.record(z.string(), z.number().nullable()).transform(finiteMetrics);

/** What a row of metrics is of. */
export const METRIC_SCOPES = ["step", "epoch", "evaluation"] as const;

export type MetricScope = (typeof METRIC_SCOPES)[number];
