/**
 * How a training run of a large model is cut so that what it keeps for the backward pass stays in bounds: rows per run,
 * and what is made anew instead of kept. It depends on shapes alone, never on the machine, so that a job repeats.
 */
import { peakBytes } from "../../kernels/graph/cost.ts";
import type { Recompute } from "../../kernels/graph/gradient.ts";
import type { Artifact } from "../../kernels/graph/graph.ts";
import { weightShapes } from "./network.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import type { Target } from "../../kernels/nn/target.ts";

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

const MIB = 2 ** 20;

/**
 * Bytes, by those of the weights, that a run is cut to (of 135M weights, a row was as fast in runs of half the size, not
 * of a quarter), and that a row alone may need before whole layers are made anew, which costs a third more time. Small
 * runs leave a GPU idle, and its memory is for them.
 */
const BOUNDS: Record<Target, (weights: number) => { run: number; row: number }> = {
  cpu: (weights) => ({ run: Math.max(384 * MIB, weights / 4), row: Math.max(2048 * MIB, weights) }),
  cuda: () => ({ run: 8192 * MIB, row: 8192 * MIB }),
};

/** Bytes of a model's weights as float32. */
export function weightBytes(config: ModelConfig): number {
  return weightShapes(config).reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
}

/**
 * The cheapest way to train on `shape` within bounds that grow with the model: a quarter of its weights for a run, all
 * of them for a row. A GPU's runs have a bound of their own.
 */
export function trainingCut(
  config: ModelConfig,
  artifact: (recompute: Recompute) => Artifact,
  { rows, columns, actions }: BatchShape,
  target: Target = "cpu",
): TrainingCut {
  const { run, row } = BOUNDS[target](weightBytes(config));
  const need = (recompute: Recompute, count: number) =>
    peakBytes(artifact(recompute), { B: count, S: columns, N: count * actions, context: columns });
  const whole = need("nothing", rows);
  if (whole <= run) return { recompute: "nothing", rows, bytes: whole };
  const recompute = need("cheap", 1) <= row ? "cheap" : "layers";
  const one = need(recompute, 1);
  let fitting = Math.min(rows, Math.max(1, Math.floor(run / one)));
  // A row more adds a little less than the first alone.
  while (fitting < rows && need(recompute, fitting + 1) <= run) fitting++;
  const runs = Math.ceil(rows / fitting);
  const even = Math.ceil(rows / runs);
  return { recompute, rows: even, bytes: need(recompute, even) };
}
