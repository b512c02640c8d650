/**
 * How a training run is cut into micro-batches: into workers where that is faster, there into runs that stay within
 * bounds with what they keep for the backward pass; and what is recomputed instead of kept. It depends on shapes and on
 * the number of threads alone, so that a job repeats.
 */
import { GRADIENT } from "../../kernels/artifacts.ts";
import { peakBytes, sizeOf } from "../../kernels/graph/cost.ts";
import type { Recompute } from "../../kernels/graph/gradient.ts";
import type { Artifact } from "../../kernels/graph/artifact.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import type { Target } from "../../kernels/nn/numerics.ts";
import { attentionBlocks } from "./attention_blocks.ts";
import { memoize } from "../memoize.ts";
import { type BatchShape, batchSizes } from "./token_batch.ts";
import { tileRows, workersOfBatch } from "./workers.ts";
import type { Workers } from "../weights/base_model.ts";
import { weightShapes } from "../weights/parameter_layout.ts";

/** Which graph of a training step is run. */
export interface TrainingForm {
  recompute: Recompute;
  /** Blocks of queries that attention is cut into. */
  blocks: number;
}

/** Names a form. */
export function formKey({ recompute, blocks }: TrainingForm): string {
  return `${recompute}:${blocks}`;
}

/** `make`, which is asked for each form once: a graph of a large model takes a moment to build. */
export function onceAForm(make: (form: TrainingForm) => Artifact): (form: TrainingForm) => Artifact {
  return memoize(Infinity, make, ({ recompute, blocks }) => [recompute, blocks]);
}

export interface TrainingCut extends TrainingForm {
  workers: number;
  /** Rows per run of a worker, at most. */
  rows: number;
  /** What values between inputs and outputs take at most, in the runs of all workers at once. */
  bytes: number;
}

const MIB = 2 ** 20;

/**
 * Bytes, by those of the weights, that a run of a large model is cut to (of 135M weights, a row was as fast in runs of
 * half the size, not of a quarter), and that a row alone may need before whole layers are recomputed, which costs a third
 * more time. Small runs leave a GPU idle, and its memory is for them.
 */
const BOUNDS: Record<Target, (weights: number) => { run: number; row: number }> = {
  cpu: (weights) => ({ run: Math.max(384 * MIB, weights / 4), row: Math.max(2048 * MIB, weights) }),
  cuda: () => ({ run: 8192 * MIB, row: 8192 * MIB }),
};

/** The same for a run of one of several workers, and what the gradients of the others may take. */
const WORKER_BOUNDS = {
  run: (weights: number) => Math.max(256 * MIB, weights / 4),
  gradients: 512 * MIB,
};

/** Bytes of a model's weights as float32. */
export function weightBytes(config: ModelConfig): number {
  return weightShapes(config).reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
}

/**
 * The cheapest way to train on `shape` within the bounds, which grow with the model and shrink with `most.memoryShare`. A
 * GPU's runs have bounds of their own.
 */
export function trainingCut(
  config: ModelConfig,
  artifact: (form: TrainingForm) => Artifact,
  { rows, columns, actions, sequences = 1, sharing = rows }: BatchShape,
  most: Workers,
  target: Target = "cpu",
): TrainingCut {
  const blocks = attentionBlocks(columns, target);
  const need = (recompute: Recompute, count: number) =>
    peakBytes(artifact({ recompute, blocks }), batchSizes({ rows: count, columns, actions, sequences }));
  const weights = weightBytes(config);
  const workers = Math.min(rows, workersOfBatch(sharing, most));
  const { memoryShare: share = 1 } = most;
  if (most.small) {
    const most = Math.max(1, Math.floor(share * tileRows(config.intermediate_size, columns) / sequences));
    const tile = evenly(Math.ceil(rows / workers), most);
    return { workers, recompute: "none", blocks, rows: tile, bytes: workers * need("none", tile) };
  }
  if (
    workers > 1 &&
    (workers - 1) * gradientBytes(artifact({ recompute: "selective", blocks })) <=
      share * WORKER_BOUNDS.gradients
  ) {
    const bound = share * WORKER_BOUNDS.run(weights);
    if (need("selective", 1) <= bound) {
      const cut = within(Math.ceil(rows / workers), bound, "selective");
      return { ...cut, workers, bytes: workers * cut.bytes };
    }
  }
  const bounds = BOUNDS[target](weights);
  const [run, row] = [share * bounds.run, share * bounds.row];
  const whole = need("none", rows);
  if (whole <= run) return { workers: 1, recompute: "none", blocks, rows, bytes: whole };
  return { workers: 1, ...within(rows, run, need("selective", 1) <= row ? "selective" : "full") };

  /** As many of `count` rows a run as fit, one at least. */
  function within(count: number, bound: number, recompute: Recompute) {
    const one = need(recompute, 1);
    let fitting = Math.min(count, Math.max(1, Math.floor(bound / one)));
    // A row more adds a little less than the first alone.
    while (fitting < count && need(recompute, fitting + 1) <= bound) fitting++;
    const even = evenly(count, fitting);
    return { recompute, blocks, rows: even, bytes: need(recompute, even) };
  }
}

/** Rows of the largest of as few parts as have at most `most` rows. */
function evenly(rows: number, most: number): number {
  return Math.ceil(rows / Math.ceil(rows / most));
}

/** What one set of gradients takes. */
function gradientBytes({ outputs }: Artifact): number {
  return outputs.filter(({ name }) => name.startsWith(GRADIENT))
    .reduce((sum, { shape }) => sum + 4 * sizeOf(shape, {}), 0);
}
