/** Metrics that a job is judged by: which checkpoint is the best, and whether going on is worth it. */
import { z } from "zod";
import { component } from "./component.ts";

/** Metrics by their names' ends of which less is better. */
const LESS_IS_BETTER = /(loss|perplexity|kl|kl_div|calibration_error|brier)$/;

const MODES = ["max", "min"] as const;

/** Whether more of a metric is better, or less. */
export type Mode = (typeof MODES)[number];

/** By its name. */
export function modeOf(metric: string): Mode {
  return LESS_IS_BETTER.test(metric) ? "min" : "max";
}

/** A metric's name, as `keep` and `early_stop` give it. */
export const metricName = z.string().min(1).max(100);

export const earlyStopSchema = z.strictObject({
  metric: metricName.describe(
    "What must get better: a metric of epochs, or of evaluations, which are judged whenever they are made.",
  ),
  patience: z.int().min(1).max(1_000_000).default(3).describe(
    "The job ends when so many figures in a row are not better than the best before them. Default 3.",
  ),
  min_delta: z.number().min(0).max(1e9).default(0).describe(
    "A figure is better when it is by more than this. Default 0.",
  ),
  mode: z.enum(MODES).nullable().default(null).describe(
    "max: more is better; min: less. Default null: min where the name ends in loss, perplexity or kl, else max.",
  ),
}).meta(component("EarlyStop"));

export type EarlyStopConfig = z.output<typeof earlyStopSchema>;

/** What a job says of metrics that decide something. */
export interface Watching {
  kind: string;
  keep?: { best_by: string | null } | null;
  early_stop?: EarlyStopConfig | null;
}

/** The metric that says which checkpoint is the best, and how; null where nothing does. */
export function bestBy({ keep, early_stop }: Watching): { metric: string; mode: Mode } | null {
  const metric = keep?.best_by ?? null;
  if (metric !== null) return { metric, mode: modeOf(metric) };
  return early_stop
    ? { metric: early_stop.metric, mode: early_stop.mode ?? modeOf(early_stop.metric) }
    : null;
}
