/**
 * What a job needs, from shapes alone: the graphs that it will run are built, not loaded, and asked what their values
 * and products come to (kernels/graph/cost.ts). `bench/memory.ts` holds it against what is measured.
 */
import {
  generateArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  scoreArtifact,
  type Tuning,
  valueEvalArtifact,
  valueTrainingArtifact,
} from "../../../kernels/artifacts.ts";
import { peakBytes, productFlops, sizeOf } from "../../../kernels/graph/cost.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import type { Target } from "../../../kernels/nn/numerics.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import { cacheHeadSize } from "../../../kernels/nn/attend.ts";
import { DTYPES } from "../../../kernels/onnx/dtypes.ts";
import { attentionBlocks } from "../../run/attention_blocks.ts";
import { mergedShapes } from "../../run/adapter_merge.ts";
import { PRECISION, workersOf } from "../../weights/base_model.ts";
import { forwardBounds, forwardRows } from "../../run/forward_chunks.ts";
import { workersOfBatch } from "../../run/workers.ts";
import type { Workers } from "../../weights/base_model.ts";
import { parameterGroups, tuningOf } from "../../weights/parameter_layout.ts";
import { onceAForm, type TrainingCut, trainingCut, type TrainingForm } from "../../run/micro_batch_plan.ts";
import type { TrainingJobConfig } from "../../contract/training_job.ts";
import { memoize } from "../../memoize.ts";
import type { JobCost, MemoryParts } from "../job_cost.ts";
import type { CostShape } from "../kind.ts";

/** What decides the cost of a PPO job beside its fields. */
export interface PpoShape {
  /** Models that score. */
  rewards: readonly ModelConfig[];
  /** In tokens. */
  longestPrompt: number;
}

const PROCESS_BYTES = 300e6;

/** Freed blocks of one size do not always serve another: the arena of a whole step, over the largest run's values. */
const FRAGMENTATION = 1.5;

/** Graphs of one kind that are kept: a request is often like the last one, and building takes most of an estimate. */
const KEPT_GRAPHS = 4;
const KEPT_COSTS = 256;

const build = {
  generate: memoize(KEPT_GRAPHS, generateArtifact),
  evaluate: memoize(KEPT_GRAPHS, policyEvalArtifact),
  train: memoize(KEPT_GRAPHS, policyTrainingArtifact),
  values: memoize(KEPT_GRAPHS, valueEvalArtifact),
  trainValues: memoize(KEPT_GRAPHS, valueTrainingArtifact),
  scores: memoize(KEPT_GRAPHS, scoreArtifact),
};

/** What a job costs; one that differs in nothing that costs is not worked out again. */
export const ppoCost = memoize(KEPT_COSTS, costOf, (job, shape) => {
  const { prompts: _prompts, reward: _reward, webhook: _webhook, metadata: _metadata, ...costs } = job;
  return [{ ...costs, seed: 0, epochs: 0 }, shape];
});

function costOf(
  job: TrainingJobConfig,
  { model, rewards, adapter, longestPrompt, threads, memoryShare, target = "cpu" }: CostShape & PpoShape,
): JobCost {
  const { ppo } = job;
  const actions = ppo.max_new_tokens;
  const columns = longestPrompt + actions - 1;
  const workers = { ...workersOf(model, threads, target), memoryShare };
  const precision = job.base_precision ?? PRECISION[target];
  const sizes = (rows: number) => ({ B: rows, S: columns, N: rows * actions, context: columns });
  const values = job.value.type === "shared";
  const held = (tuning: Tuning): Tuning => ({ ...tuning, precision, target });
  const tuning = held(adapter ? { type: "lora", adapter } : tuningOf(model, job.trainable));
  const critic = job.value.type === "separate" ? held(tuningOf(model, { ...job.value, type: "lora" })) : null;
  const options = { values, entropyBonus: ppo.entropy_coef !== 0, accumulate: true };
  const train = (form: TrainingForm) => build.train(model, tuning, { ...options, ...form });
  const blocks = attentionBlocks(columns + 1, target);
  const sampling = { ...tuning, precision: job.rollout_precision ?? precision };
  const graphs = {
    generate: build.generate(model, sampling, { truncation: false }),
    evaluate: build.evaluate(model, tuning, { entropy: false, values, blocks }),
    ...(critic && { values: build.values(model, critic, { blocks }) }),
    scores: rewards.map((of) =>
      build.scores(of, { type: "none", precision: PRECISION[target], target }, { blocks })
    ),
  };

  const rows = ppo.micro_batch_size ?? ppo.batch_size / ppo.num_mini_batches;
  const run = trainingRun(model, train, { rows, columns, actions }, workers, target);
  const evaluated = Math.min(
    ppo.batch_size,
    workersOfBatch(ppo.batch_size, workers) *
      forwardRows(model.vocab_size, forwardBounds(target, memoryShare), columns, actions),
  );
  const prompts = {
    B: ppo.batch_size,
    S: longestPrompt,
    N: ppo.batch_size,
    context: columns,
    cache: columns + 1,
  };
  const activations = FRAGMENTATION * Math.max(
    run.bytes,
    peakBytes(graphs.evaluate, sizes(evaluated)),
    peakBytes(graphs.generate, prompts),
  );

  const trained =
    trainedBytes(job, model, tuning, { critic, goesOn: job.checkpoint !== null || adapter !== undefined }) +
    (run.workers - 1) * (groupBytes(model, tuning, values) + (critic ? groupBytes(model, critic, true) : 0));
  // Int8 weights are prepacked for all that is run over them, float32 for sampling.
  const reordering = [graphs.generate, ...(precision === "int8" ? [run.artifact] : [])];
  const memory: MemoryParts = {
    process: PROCESS_BYTES,
    weights: weightsOf([
      graphs.generate,
      graphs.evaluate,
      run.artifact,
      ...(graphs.values ? [graphs.values] : []),
    ]),
    // On a GPU weights are taken as they lie.
    reordered: mergedBytes(model, [sampling, tuning, ...(critic ? [critic] : [])]) +
      (target === "cpu" ? reorderedBytes(reordering) : 0),
    reward_models: graphs.scores.reduce((sum, graph) => sum + weightsOf([graph]), 0),
    trained,
    cache: 8 * model.num_hidden_layers * model.num_key_value_heads * cacheHeadSize(model) * (columns + 1) *
      ppo.batch_size,
    activations: Math.round(activations),
  };

  const all = sizes(ppo.batch_size);
  const criticTraining = critic &&
    build.trainValues(model, critic, { accumulate: true, recompute: run.recompute, blocks: run.blocks });
  const token = { ...prompts, S: 1 };
  const scored = { ...all, N: ppo.batch_size };
  const step_flops = productFlops(graphs.generate, prompts) +
    (actions - 1) * productFlops(graphs.generate, token) +
    graphs.scores.reduce((sum, graph) => sum + productFlops(graph, scored), 0) +
    2 * productFlops(graphs.evaluate, all) + (graphs.values ? productFlops(graphs.values, all) : 0) +
    ppo.num_ppo_epochs *
      (productFlops(run.artifact, all) + (criticTraining ? productFlops(criticTraining, all) : 0));
  return {
    memory_bytes: Object.values(memory).reduce((sum, bytes) => sum + bytes, 0),
    memory,
    step_flops,
    step_reads: actions * weightsOf([graphs.generate]),
  };
}

/** A run of the training graph as graph_runner.ts cuts it. */
function trainingRun(
  model: ModelConfig,
  train: (form: TrainingForm) => Artifact,
  shape: { rows: number; columns: number; actions: number },
  most: Workers,
  target: Target,
): TrainingCut & { artifact: Artifact } {
  const graph = onceAForm(train);
  const cut = trainingCut(model, graph, shape, most, target);
  return { ...cut, artifact: graph(cut) };
}

/** The weights that adapters are merged into, those of each network for itself. */
function mergedBytes(model: ModelConfig, tunings: readonly Tuning[]): number {
  return tunings.flatMap((tuning) => mergedShapes(model, tuning))
    .reduce((sum, { shape }) => sum + 4 * sizeOf(shape, {}), 0);
}

/** Weights of some graphs over one model, each once. */
function weightsOf(artifacts: readonly Artifact[]): number {
  const weights = new Map(artifacts.flatMap(({ weights }) => weights.map((weight) => [weight.name, weight])));
  return [...weights.values()].reduce(
    (sum, { dtype, shape }) => sum + DTYPES[dtype].bytes * sizeOf(shape, {}),
    0,
  );
}

/** The weights that graphs over one model multiply by, each once. */
function reorderedBytes(artifacts: readonly Artifact[]): number {
  const factors = new Map(artifacts.flatMap(({ nodes, weights }) => {
    const names = new Set(weights.map(({ name }) => name));
    return nodes.filter(({ op }) => /MatMul|Gemm/.test(op)).flatMap(({ inputs }) => inputs)
      .filter(({ name, shape }) => names.has(name) && shape.length === 2)
      .map((factor) => [factor.name, factor] as const);
  }));
  return [...factors.values()].reduce(
    (sum, { dtype, shape }) => sum + DTYPES[dtype].bytes * sizeOf(shape, {}),
    0,
  );
}

/** One set of a network's trained parameters. */
function groupBytes(model: ModelConfig, tuning: Tuning, head: boolean): number {
  return parameterGroups(model, tuning, { head }).flatMap(({ parameters }) => parameters)
    .reduce((sum, { shape }) => sum + 4 * sizeOf(shape, {}), 0);
}

/** Parameters, gradient and two moments of every network; the policy's start where a job keeps that. */
function trainedBytes(
  job: TrainingJobConfig,
  model: ModelConfig,
  tuning: Tuning,
  { critic, goesOn }: { critic: Tuning | null; goesOn: boolean },
): number {
  const policy = groupBytes(model, tuning, job.value.type === "shared");
  const start = goesOn || tuning.type === "full" ? policy : 0;
  return 4 * (policy + (critic ? groupBytes(model, critic, true) : 0)) + start;
}
