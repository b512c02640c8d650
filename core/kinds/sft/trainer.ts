/**
 * Supervised fine-tuning: cross-entropy of the tokens that count, each as it is weighed (ppo-spec §16), and of held-out
 * examples at each epoch's end. Its steps run under the loop that all kinds share; writes nothing.
 */
import type { Tuning } from "../../../kernels/artifacts.ts";
import type { AdamConfig } from "../../../kernels/optimizers/adamw.ts";
import type { JobPlan } from "../../contract/job_plan.ts";
import type { Metrics } from "../../contract/progress.ts";
import type { TrainingEvent, TrainingSummary, Warning } from "../../contract/training_events.ts";
import { Optimizer } from "../../networks/optimizer.ts";
import { AdapterMerge } from "../../run/adapter_merge.ts";
import { builtGraphs } from "../../run/built_graphs.ts";
import type { Deferred } from "../../run/deferred.ts";
import { Feeds } from "../../run/feeds.ts";
import { evaluate, TrainingGraph } from "../../run/graph_runner.ts";
import { ALONE, type Replicas, shareOf } from "../../replicas/replicas.ts";
import { replicaMetrics } from "../../replicas/replica_metrics.ts";
import { runReplicated, type Together } from "../../train/replicated_course.ts";
import { sumGradients } from "../../networks/sum_gradients.ts";
import { LoraDropout, withDropout } from "../../run/lora_dropout.ts";
import { packedBatch, type PackedRow, packRows, type WeightedSequence } from "../../run/packed_rows.ts";
import { SessionCache } from "../../run/session_cache.ts";
import { lrFactor, type LrScheduleConfig } from "../../train/lr_schedule.ts";
import { metricMeans, type MetricSums } from "../../train/metric_sums.ts";
import { byLength, microBatches } from "../../train/minibatches.ts";
import { promptOrder, stepPrompts, stepsPerEpoch } from "../../train/prompt_schedule.ts";
import type { RowSource } from "../../train/row_source.ts";
import {
  type Checkpoints,
  type Counters,
  type Course,
  type LoopState,
  type StepOptions,
  type Stepped,
  type TrainSignals,
} from "../../train/step_loop.ts";
import type { BaseModel } from "../../weights/base_model.ts";
import { GROUPS } from "../../weights/parameter_layout.ts";
import type { ParameterSet } from "../../weights/parameter_set.ts";

export interface SftConfig extends AdamConfig, LrScheduleConfig {
  epochs: number;
  /** Examples per optimizer step. */
  batch_size: number;
  /** Examples per run; null: the whole batch. */
  micro_batch_size: number | null;
  packing: boolean;
  learning_rate: number;
  weight_decay: number;
  /** Part of the adapter's input that is dropped, by other masks in each step; none by default. */
  dropout?: number;
  seed: number;
}

/** What a job learns from and what it measures: rows of one source. */
export interface ExampleSplit {
  /** `truncated` where one has been cut. */
  examples: RowSource<WeightedSequence & { readonly truncated?: boolean }>;
  train: readonly number[];
  held_out: readonly number[];
}

/** Where a job is. */
export interface SftState extends Counters {
  /** Whether the last gradient was not finite, and how often that has been told. */
  skipped: boolean;
  told: number;
}

export interface SftOptions extends TrainSignals, Together {
  /** Of `parameters`, where it has moments already. */
  optimizer?: Optimizer;
  /** Where to continue from. */
  start?: LoopState<SftState>;
  checkpoints?: Checkpoints<SftState>;
  /** Told after the first step. */
  warnings?: readonly Warning[];
}

export const FIRST_SFT_STATE: LoopState<SftState> = {
  state: { step: 0, episodes: 0, tokens: 0, skipped: false, told: 0 },
  sums: {},
  metrics: {},
};

/** Examples that are measured at once: little is in memory, and an abort is soon obeyed. */
const MEASURED_AT_ONCE = 64;

/** How often a warning of one code comes. */
const MOST_TOLD = 5;

/** What a step works on; its tensors are changed in place. */
interface Parts extends ExampleSplit {
  base: BaseModel;
  sessions: SessionCache;
  tuning: Tuning;
  parameters: ParameterSet;
  graph: TrainingGraph;
  merge: AdapterMerge;
  optimizer: Optimizer;
  plan: Pick<JobPlan, "steps" | "steps_per_epoch">;
  warnings: readonly Warning[];
  replicas: Replicas;
}

/** Trains `parameters` in place on the examples, all epochs. Throws the signal's reason when aborted. */
export async function* trainSft(
  base: BaseModel,
  tuning: Tuning,
  parameters: ParameterSet,
  split: ExampleSplit,
  config: SftConfig,
  {
    optimizer: given,
    start = FIRST_SFT_STATE,
    checkpoints,
    warnings = [],
    replicas = ALONE,
    checksum,
    ...signals
  }: SftOptions = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const optimizer = given ?? await Optimizer.create(base.runtime, parameters, config);
  const sessions = new SessionCache(base);
  const { seed, packing: packed, dropout: rate = 0 } = config;
  const trained = withDropout(tuning, rate);
  const graph = new TrainingGraph(
    sessions,
    "sft_training",
    (options) => builtGraphs.sftTraining(base.config, trained, { packed, ...options }),
    {
      merge: new AdapterMerge(sessions, trained),
      parameters,
      gradients: optimizer.gradients,
      dropout: LoraDropout.of(base, tuning, { rate, seed, network: "policy" }),
    },
  );
  const steps_per_epoch = stepsPerEpoch(split.train.length, config.batch_size);
  const plan = { steps: steps_per_epoch * config.epochs, steps_per_epoch };
  const merge = new AdapterMerge(sessions, tuning);
  const parts = {
    base,
    sessions,
    tuning,
    parameters,
    graph,
    merge,
    optimizer,
    plan,
    warnings,
    replicas,
    ...split,
  };
  const course: Course<SftState> = {
    plan,
    epochs: config.epochs,
    start,
    checkpoints,
    step: (state, options) => sftStep(parts, config, state, options),
    epochMetrics,
  };
  return yield* runReplicated(course, signals, { replicas, checksum });
}

/** Means over an epoch's steps, and the perplexity of its mean loss, which is not the mean of theirs. */
function epochMetrics(sums: MetricSums): Metrics {
  const means = metricMeans(sums);
  return "loss" in means ? { ...means, perplexity: Math.exp(means.loss!) } : means;
}

/** The step after `state`. */
async function sftStep(
  parts: Parts,
  config: SftConfig,
  state: SftState,
  { signal, free }: StepOptions,
): Promise<Stepped<SftState>> {
  const started = performance.now();
  const { base, examples, train, optimizer, replicas, plan: { steps, steps_per_epoch } } = parts;
  const { step } = state;
  const order = promptOrder(config.seed, Math.floor(step / steps_per_epoch), train.length);
  const batch = stepPrompts(order, step % steps_per_epoch, config.batch_size)
    .map((at, row) => ({ ...examples.at(train[at]!)!, row }));
  const total = weightIn(batch);
  const lr = config.learning_rate * lrFactor(config, step, steps);
  base.computed.forget();
  using deferred = new DisposableStack();
  let learned: Metrics = {}, skipped = true;
  if (total > 0) {
    const { mine } = shareOf(batch, replicas);
    const losses = await accumulate(parts, config, mine, { total, step, signal }, deferred);
    await sumGradients(optimizer, replicas, { none: losses.length === 0 });
    const rate = { lr, weight_decay: config.weight_decay };
    await free;
    const outcome = deferred.use(
      await optimizer.apply({
        [GROUPS.adapter]: rate,
        [GROUPS.matrices]: rate,
        [GROUPS.vectors]: { lr, weight_decay: 0 },
      }),
    );
    const read = losses.map((part) => part.read());
    const own = {
      loss: sumOf(read.map(({ loss }) => loss![0]!)),
      hits: sumOf(read.map(({ hits }) => hits![0]!)),
    };
    const all = await replicas.gather([own]);
    const loss = sumOf(all.map(({ loss }) => loss));
    const { grad_norm } = outcome.read();
    skipped = outcome.read().skipped;
    learned = {
      loss,
      perplexity: Math.exp(loss),
      token_accuracy: sumOf(all.map(({ hits }) => hits)),
      grad_norm,
    };
  }
  const tokens = batch.reduce((sum, { targets }) => sum + targets.length, 0);
  const padding_share = base.computed.paddingShare;
  const isLast = (step + 1) % steps_per_epoch === 0;
  const measured = isLast ? await measure(parts, config, signal) : {};
  const seconds = (performance.now() - started) / 1000;
  const isNews = total > 0 && skipped && !state.skipped && state.told < MOST_TOLD;
  return {
    next: {
      step: step + 1,
      episodes: state.episodes + batch.length,
      tokens: state.tokens + tokens,
      skipped: total > 0 ? skipped : state.skipped,
      told: state.told + Number(isNews),
    },
    metrics: {
      ...learned,
      skipped_steps: Number(skipped),
      lr,
      tokens,
      truncated: batch.reduce((sum, { truncated }) => sum + Number(truncated ?? false), 0),
      padding_share,
      ...measured,
      ...replicaMetrics(replicas),
      "time/step_s": seconds,
      tokens_per_second: tokens / seconds,
      "memory/rss_bytes": Deno.memoryUsage().rss,
    },
    samples: [],
    warnings: [...(step === 0 ? parts.warnings : []), ...(isNews ? [notFinite(step + 1)] : [])],
    seconds,
  };
}

/** Adds the gradients of all of a step's runs; gives each one's loss and hits, which add up to weighted means over `total`. */
async function accumulate(
  { base, graph }: Parts,
  config: SftConfig,
  batch: readonly WeightedSequence[],
  { total, step, signal }: { total: number; step: number; signal: AbortSignal },
  deferred: DisposableStack,
): Promise<Deferred<Record<string, Float32Array>>[]> {
  const losses: Deferred<Record<string, Float32Array>>[] = [];
  // What is packed is laid end to end, whatever its lengths.
  const ordered = config.packing ? batch : byLength(batch, ({ ids }) => ids.length);
  for (const part of microBatches(ordered, config.micro_batch_size)) {
    const rows = packRows(part.filter(({ targets }) => targets.length > 0), config.packing);
    if (rows.length === 0) continue;
    const prepare = (rows: readonly PackedRow[], least: number) => {
      const { weights, feeds, columns } = feedsOf(base, rows, least);
      return { feeds: feeds.vector("weights", weights.map((weight) => weight / total)), columns };
    };
    const first = losses.length === 0;
    losses.push(deferred.use(await graph.run(rows, prepare, { first, step, signal })));
  }
  return losses;
}

function feedsOf(base: BaseModel, rows: readonly PackedRow[], least: number) {
  const batch = packedBatch(rows, least);
  const feeds = new Feeds(base.runtime)
    .batch(batch)
    .starts(batch)
    .scalar("inverse_temperature", 1)
    .scalar("adapter_scale", 1);
  return { feeds, columns: batch.columns, weights: batch.weights };
}

/** The weighted mean loss and accuracy of the held-out examples, without dropout; nothing where there are none. */
async function measure(
  { base, sessions, tuning, parameters, merge, examples, held_out, replicas }: Parts,
  { packing: packed }: SftConfig,
  signal: AbortSignal,
): Promise<Metrics> {
  const options = { entropy: false, values: false, hits: true, packed };
  const { mine } = shareOf(held_out, replicas);
  let lost = 0, hit = 0, total = 0;
  for (let from = 0; from < mine.length; from += MEASURED_AT_ONCE) {
    signal.throwIfAborted();
    const some = mine.slice(from, from + MEASURED_AT_ONCE).map((index) => examples.at(index)!)
      .filter(({ targets }) => targets.length > 0);
    if (some.length === 0) continue;
    const runs = await evaluate(
      sessions,
      {
        name: "sft_eval",
        artifact: (form) => builtGraphs.policyEval(base.config, tuning, { ...options, ...form }),
        parameters: [parameters, await merge.merge(parameters)],
        prepare: (rows: readonly PackedRow[], least) => feedsOf(base, rows, least),
        width: base.config.vocab_size,
        byLength: true,
      },
      packRows(some, packed),
      { signal },
    );
    for (const { part, outputs: { logprobs, hits } } of runs) {
      let at = 0;
      for (const { weights } of part.flatMap(({ parts }) => parts)) {
        for (const weight of weights) {
          lost -= weight * logprobs![at]!;
          hit += weight * hits![at++]!;
        }
      }
    }
    total += weightIn(some);
  }
  const all = await replicas.gather([{ lost, hit, total }]);
  const count = sumOf(all.map(({ total }) => total));
  if (count === 0) return {};
  const loss = sumOf(all.map(({ lost }) => lost)) / count;
  return {
    "held_out/loss": loss,
    "held_out/perplexity": Math.exp(loss),
    "held_out/token_accuracy": sumOf(all.map(({ hit }) => hit)) / count,
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** What the tokens of these count together. */
function weightIn(sequences: readonly WeightedSequence[]): number {
  return sequences.reduce((sum, { weights }) => weights.reduce((sum, weight) => sum + weight, sum), 0);
}

function notFinite(step: number): Warning {
  return {
    code: "gradient_not_finite",
    detail:
      "The step's gradient is not finite, so it was skipped. A lower sft.learning_rate or more sft.warmup_steps may help",
    figures: { skipped_steps: 1 },
    step,
  };
}
