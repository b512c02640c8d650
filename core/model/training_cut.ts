/**
 * How a training run of a large model is cut so that what it keeps for the backward pass stays in bounds: rows per run,
 * and what is made anew instead of kept. It depends on shapes alone, never on the machine, so that a job repeats.
 */
import { peakBytes } from "../../kernels/graph/cost.ts";
import type { Recompute } from "../../kernels/graph/gradient.ts";
import type { Artifact } from "../../kernels/graph/graph.ts";
import { weightShapes } from "./network.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";

export interface TrainingCut {
  recompute: Recompute;
  /** Rows per run. */
  rows: number;
  /** What values between inputs and outputs of such a run take at most. */
  bytes: number;
}

/** The longest row of a batch, and how many rows there are. */
export interface BatchShape {
  rows: number;
  columns: number;
  /** Action tokens of a row. */
  actions: number;
}

/** Runs that need less than this are not cut. Of 135M weights, a row was as fast in runs of half the size, not of a quarter. */
const RUN_BYTES = 384 * 2 ** 20;

/** A row that alone needs more than this is worth a third more time: nothing else would lower it. */
const ROW_BYTES = 2 * 2 ** 30;

/** Bytes of a model's weights as float32. */
export function weightBytes(config: ModelConfig): number {
  return weightShapes(config).reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
}

/**
 * The cheapest way to train on `shape` within bounds that grow with the model: a quarter of its weights for a run, all
 * of them for a row.
 */
export function trainingCut(
  config: ModelConfig,
  artifact: (recompute: Recompute) => Artifact,
  { rows, columns, actions }: BatchShape,
): TrainingCut {
  const weights = weightBytes(config);
  const need = (recompute: Recompute, count: number) =>
    peakBytes(artifact(recompute), { B: count, S: columns, N: count * actions, context: columns });
  const limit = Math.max(RUN_BYTES, weights / 4);
  const whole = need("nothing", rows);
  if (whole <= limit) return { recompute: "nothing", rows, bytes: whole };
  const recompute = need("cheap", 1) <= Math.max(ROW_BYTES, weights) ? "cheap" : "layers";
  const one = need(recompute, 1);
  let fitting = Math.min(rows, Math.max(1, Math.floor(limit / one)));
  // A row more adds a little less than the first alone.
  while (fitting < rows && need(recompute, fitting + 1) <= limit) fitting++;
  const runs = Math.ceil(rows / fitting);
  const even = Math.ceil(rows / runs);
  return { recompute, rows: even, bytes: need(recompute, even) };
}
