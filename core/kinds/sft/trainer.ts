/**
 * Supervised fine-tuning: cross-entropy on completions, the end-of-sequence token included, prompts left out
 * (ppo-spec §16). Its steps run under the loop that all kinds share; writes nothing.
 */
import type { Tuning } from "../../../kernels/artifacts.ts";
import type { AdamConfig } from "../../../kernels/optimizers/adamw.ts";
import { AdapterMerge } from "../../run/adapter_merge.ts";
import { builtGraphs } from "../../run/built_graphs.ts";
import type { Runtime } from "../../ort/runtime.ts";
import type { BaseModel } from "../../weights/base_model.ts";
import { LoraDropout, withDropout } from "../../run/lora_dropout.ts";
import { Feeds } from "../../run/feeds.ts";
import { TrainingGraph } from "../../run/graph_runner.ts";
import { GROUPS } from "../../weights/parameter_layout.ts";
import { SessionCache } from "../../run/session_cache.ts";
import { Optimizer } from "../../networks/optimizer.ts";
import type { ParameterSet } from "../../weights/parameter_set.ts";
import { tokenBatch, type TokenSequence } from "../../run/token_batch.ts";
import type { Deferred } from "../../run/deferred.ts";
import type { JobPlan } from "../../contract/job_plan.ts";
import type { TrainingEvent, TrainingSummary } from "../../contract/training_events.ts";
import { metricMeans } from "../../train/metric_sums.ts";
import {
  type Checkpoints,
  type Counters,
  type LoopState,
  runSteps,
  type StepOptions,
  type Stepped,
  type TrainSignals,
} from "../../train/step_loop.ts";
import { lrFactor, type LrScheduleConfig } from "../../train/lr_schedule.ts";
import { microBatches } from "../../train/minibatches.ts";
import { promptOrder, stepPrompts, stepsPerEpoch } from "../../train/prompt_schedule.ts";

export interface SftConfig extends AdamConfig, LrScheduleConfig {
  epochs: number;
  /** Examples per optimizer step. */
  batch_size: number;
  /** Examples per run; null: the whole batch. */
  micro_batch_size: number | null;
  learning_rate: number;
  weight_decay: number;
  /** Part of the adapter's input that is dropped, by other masks in each step; none by default. */
  dropout?: number;
  seed: number;
}

/** What a step works on; its tensors are changed in place. */
interface SftParts {
  runtime: Runtime;
  graph: TrainingGraph;
  optimizer: Optimizer;
  examples: readonly TokenSequence[];
}

/** The metrics of a step. */
export interface SftMetrics {
  /** Mean cross-entropy per completion token, in nats, before this step's update. */
  loss: number;
  /** Of the gradient, before it was clipped. */
  grad_norm: number;
  /** 1 where the gradient was not finite and nothing was changed. */
  skipped_steps: number;
  lr: number;
  /** Completion tokens of the step. */
  tokens: number;
}

export interface SftOptions extends TrainSignals {
  /** Of `parameters`, where it has moments already. */
  optimizer?: Optimizer;
  /** Where to continue from. */
  start?: LoopState<Counters>;
  checkpoints?: Checkpoints<Counters>;
}

const FIRST: LoopState<Counters> = { state: { step: 0, episodes: 0, tokens: 0 }, sums: {}, metrics: {} };

/** Trains `parameters` in place on `examples`, all epochs. Throws the signal's reason when aborted. */
export async function* trainSft(
  base: BaseModel,
  tuning: Tuning,
  parameters: ParameterSet,
  examples: readonly TokenSequence[],
  config: SftConfig,
  { optimizer: given, start = FIRST, checkpoints, ...signals }: SftOptions = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const optimizer = given ?? await Optimizer.create(base.runtime, parameters, config);
  const sessions = new SessionCache(base);
  const { seed, dropout: rate = 0 } = config;
  const trained = withDropout(tuning, rate);
  const graph = new TrainingGraph(
    sessions,
    "sft_training",
    (options) => builtGraphs.sftTraining(base.config, trained, options),
    {
      merge: new AdapterMerge(sessions, trained),
      parameters,
      gradients: optimizer.gradients,
      dropout: LoraDropout.of(base, tuning, { rate, seed, network: "policy" }),
    },
  );
  const steps_per_epoch = stepsPerEpoch(examples.length, config.batch_size);
  const plan = { steps: steps_per_epoch * config.epochs, steps_per_epoch };
  const parts = { runtime: base.runtime, graph, optimizer, examples };
  return yield* runSteps({
    plan,
    epochs: config.epochs,
    start,
    checkpoints,
    step: (state, options) => sftStep(parts, config, plan, state, options),
    epochMetrics: metricMeans,
  }, signals);
}

/** The step after `state`. */
async function sftStep(
  { runtime, graph, optimizer, examples }: SftParts,
  config: SftConfig,
  { steps, steps_per_epoch }: Pick<JobPlan, "steps" | "steps_per_epoch">,
  state: Counters,
  { signal, free }: StepOptions,
): Promise<Stepped<Counters>> {
  const started = performance.now();
  const { step } = state;
  const order = promptOrder(config.seed, Math.floor(step / steps_per_epoch), examples.length);
  const batch = stepPrompts(order, step % steps_per_epoch, config.batch_size).map((index, row) => ({
    ...examples[index]!,
    row,
  }));
  const tokens = batch.reduce((sum, { response_ids }) => sum + response_ids.length, 0);
  using deferred = new DisposableStack();
  const losses: Deferred<Record<string, Float32Array>>[] = [];
  for (const part of microBatches(batch, config.micro_batch_size)) {
    const prepare = (rows: readonly TokenSequence[], least: number) => {
      const packed = tokenBatch(rows, least);
      const feeds = new Feeds(runtime)
        .batch(packed)
        .scalar("inverse_temperature", 1)
        .scalar("adapter_scale", 1)
        .vector("weights", new Float32Array(packed.tokens).fill(1 / tokens));
      return { feeds, columns: packed.columns };
    };
    const first = losses.length === 0;
    losses.push(deferred.use(await graph.run(part, prepare, { first, step, signal })));
  }
  const lr = config.learning_rate * lrFactor(config, step, steps);
  const rate = { lr, weight_decay: config.weight_decay };
  await free;
  const outcome = deferred.use(
    await optimizer.apply({
      [GROUPS.adapter]: rate,
      [GROUPS.matrices]: rate,
      [GROUPS.vectors]: { lr, weight_decay: 0 },
    }),
  );
  const loss = losses.reduce((sum, part) => sum + part.read().loss_sum![0]!, 0) / tokens;
  const { grad_norm, skipped } = outcome.read();
  const metrics: SftMetrics = { loss, grad_norm, skipped_steps: Number(skipped), lr, tokens };
  return {
    next: { step: step + 1, episodes: state.episodes + batch.length, tokens: state.tokens + tokens },
    metrics: { ...metrics },
    samples: [],
    warnings: [],
    seconds: (performance.now() - started) / 1000,
  };
}
