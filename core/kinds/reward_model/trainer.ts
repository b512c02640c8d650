/**
 * Trains a reward model on preferences (ppo-spec §16), measures it on held-out pairs at each epoch's end, and finds what its
 * scores are normalised by. Its steps run under the loop that all kinds share; writes nothing.
 */
import type { Normalization } from "../../contract/checkpoint.ts";
import type { JobPlan } from "../../contract/job_plan.ts";
import type { Metrics } from "../../contract/progress.ts";
import type { RewardModelConfig } from "../../contract/reward_model_job.ts";
import type { TrainingEvent, TrainingSummary } from "../../contract/training_events.ts";
import type { Optimizer } from "../../networks/optimizer.ts";
import {
  type PreferencePair,
  preferencePair,
  type PreferenceSums,
  type RewardModel,
} from "../../networks/reward_model.ts";
import { sumGradients } from "../../networks/sum_gradients.ts";
import { ALONE, type Replicas, shareOf } from "../../replicas/replicas.ts";
import { replicaMetrics } from "../../replicas/replica_metrics.ts";
import type { Deferred } from "../../run/deferred.ts";
import { runReplicated, type Together } from "../../train/replicated_course.ts";
import { heldOutSplit } from "../../train/held_out.ts";
import { lrFactor } from "../../train/lr_schedule.ts";
import { metricMeans } from "../../train/metric_sums.ts";
import { byLength, microBatches } from "../../train/minibatches.ts";
import { promptOrder, stepPrompts, stepsPerEpoch } from "../../train/prompt_schedule.ts";
import {
  type Checkpoints,
  type Counters,
  type Course,
  type LoopState,
  type StepOptions,
  type Stepped,
  type TrainSignals,
} from "../../train/step_loop.ts";
import { GROUPS } from "../../weights/parameter_layout.ts";
import type { RowSource } from "../../train/row_source.ts";
import type { EncodedPair } from "./encode_pair.ts";
import { measurePairs, normalizationOfPairs, type PairMeasures, type ScoredPair } from "./measure_pairs.ts";

/** Where a job is: what a checkpoint within an epoch has of the scores is nothing, as they are measured at its end. */
export interface RewardState extends Counters {
  normalization: Normalization | null;
}

export interface RewardTrainerConfig extends RewardModelConfig {
  epochs: number;
  seed: number;
}

/** What a job trains on and what it measures on: rows of one source. */
export interface PairSplit {
  pairs: RowSource<EncodedPair>;
  train: readonly number[];
  held_out: readonly number[];
}

export interface RewardTrainerOptions extends TrainSignals, Together {
  /** Where to continue from. */
  start?: LoopState<RewardState>;
  checkpoints?: Checkpoints<RewardState>;
}

export const FIRST_REWARD_STATE: LoopState<RewardState> = {
  state: { step: 0, episodes: 0, tokens: 0, normalization: null },
  sums: {},
  metrics: {},
};

/** Pairs that are scored at once where nothing is trained: little is in memory, and an abort is soon obeyed. */
export const MEASURED_AT_ONCE = 64;

/** Pairs that scores are normalised on where none are held out. */
const REFERENCE_PAIRS = 512;

interface Parts extends PairSplit {
  model: RewardModel;
  optimizer: Optimizer;
  plan: Pick<JobPlan, "steps" | "steps_per_epoch">;
  replicas: Replicas;
}

/** Trains `optimizer`'s parameters, which are the model's, in place, all epochs. Throws the signal's reason when aborted. */
export async function* trainRewardModel(
  model: RewardModel,
  optimizer: Optimizer,
  split: PairSplit,
  config: RewardTrainerConfig,
  { start = FIRST_REWARD_STATE, checkpoints, replicas = ALONE, checksum, ...signals }: RewardTrainerOptions =
    {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const steps_per_epoch = stepsPerEpoch(split.train.length, config.batch_size);
  const plan = { steps: steps_per_epoch * config.epochs, steps_per_epoch };
  const parts = { model, optimizer, plan, replicas, ...split };
  const course: Course<RewardState> = {
    plan,
    epochs: config.epochs,
    start,
    checkpoints,
    step: (state, options) => rewardStep(parts, config, state, options),
    epochMetrics: metricMeans,
  };
  return yield* runReplicated(course, signals, { replicas, checksum });
}

/** The step after `state`. */
async function rewardStep(
  parts: Parts,
  config: RewardTrainerConfig,
  state: RewardState,
  { signal, free }: StepOptions,
): Promise<Stepped<RewardState>> {
  const started = performance.now();
  const { model, optimizer, pairs, train, replicas, plan: { steps, steps_per_epoch } } = parts;
  const { step } = state;
  const order = promptOrder(config.seed, Math.floor(step / steps_per_epoch), train.length);
  const batch = stepPrompts(order, step % steps_per_epoch, config.batch_size)
    .map((at) => pairs.at(train[at]!)!);
  const tokens = batch.reduce((sum, { chosen, rejected }) => sum + chosen.length + rejected.length, 0);
  using deferred = new DisposableStack();
  const sums: Deferred<PreferenceSums>[] = [];
  const { mine } = shareOf(batch.map(preferencePair), replicas);
  const ordered = byLength(mine, longest);
  model.base.computed.forget();
  for (const part of microBatches(ordered, config.micro_batch_size)) {
    const options = { stepPairs: batch.length, first: sums.length === 0, step, signal };
    sums.push(deferred.use(await model.train(part, config, optimizer, options)));
  }
  await sumGradients(optimizer, replicas, { none: sums.length === 0 });
  const factor = lrFactor(config, step, steps);
  const lr = config.learning_rate * factor;
  const rate = { lr, weight_decay: config.weight_decay };
  await free;
  const outcome = deferred.use(
    await optimizer.apply({
      [GROUPS.adapter]: rate,
      [GROUPS.matrices]: rate,
      [GROUPS.vectors]: { lr, weight_decay: 0 },
      [GROUPS.head]: { ...rate, lr: (config.head_learning_rate ?? config.learning_rate) * factor },
    }),
  );
  const { grad_norm, skipped } = outcome.read();
  const metrics: Metrics = {
    ...batchMetrics(await replicas.gather(sums.map((part) => part.read())), batch.length, config),
    grad_norm,
    skipped_steps: Number(skipped),
    lr,
    tokens,
    padding_share: model.base.computed.paddingShare,
  };
  const isLast = (step + 1) % steps_per_epoch === 0;
  const measured = isLast ? await measure(parts, config, signal) : { metrics: {}, normalization: null };
  return {
    next: {
      step: step + 1,
      episodes: state.episodes + batch.length,
      tokens: state.tokens + tokens,
      normalization: measured.normalization,
    },
    metrics: { ...metrics, ...measured.metrics, ...replicaMetrics(replicas) },
    samples: [],
    warnings: [],
    seconds: (performance.now() - started) / 1000,
  };
}

/** Tokens of the longer of a pair's sequences. */
function longest({ sequences }: PreferencePair): number {
  return Math.max(...sequences.map(({ prompt_ids }) => prompt_ids.length));
}

/** Means over a step's pairs, before its update. */
function batchMetrics(parts: readonly PreferenceSums[], pairs: number, config: RewardTrainerConfig): Metrics {
  const mean = (name: keyof PreferenceSums) => parts.reduce((sum, part) => sum + part[name], 0) / pairs;
  const center = mean("center_sum");
  return {
    loss: mean("loss_sum") + config.center_coef * center,
    accuracy: mean("accuracy_sum"),
    margin: mean("margin_sum"),
    center,
    "score/chosen": mean("chosen_sum"),
    "score/rejected": mean("rejected_sum"),
  };
}

/** What held-out pairs are given, and what scores are normalised by from now on. */
async function measure(
  { model, pairs, train, held_out, replicas }: Parts,
  config: RewardTrainerConfig,
  signal: AbortSignal,
): Promise<{ metrics: Metrics; normalization: Normalization | null }> {
  const score = async (indices: readonly number[]) =>
    await replicas.gather(await scorePairs(model, pairs, shareOf(indices, replicas).mine, signal));
  const scored = await score(held_out);
  const measures: Partial<PairMeasures> = scored.length > 0 ? measurePairs(scored, config.center_coef) : {};
  const held: Metrics = Object.fromEntries(
    Object.entries(measures).map(([name, value]) => [`held_out/${name}`, value]),
  );
  if (!config.normalize) return { metrics: held, normalization: null };
  const reference = scored.length > 0 ? scored : await score(referencePairs(train, config.seed));
  const normalization = normalizationOfPairs(reference);
  return {
    metrics: { ...held, "score/mean": normalization.mean, "score/std": normalization.std },
    normalization,
  };
}

/** Some of the pairs that are trained on, the same after each epoch. */
function referencePairs(train: readonly number[], seed: number): readonly number[] {
  if (train.length <= REFERENCE_PAIRS) return train;
  return heldOutSplit(train.length, REFERENCE_PAIRS, seed).held_out.map((at) => train[at]!);
}

async function scorePairs(
  model: RewardModel,
  pairs: RowSource<EncodedPair>,
  indices: readonly number[],
  signal: AbortSignal,
): Promise<ScoredPair[]> {
  const scored: ScoredPair[] = [];
  for (let from = 0; from < indices.length; from += MEASURED_AT_ONCE) {
    signal.throwIfAborted();
    const part = indices.slice(from, from + MEASURED_AT_ONCE).map((index) => pairs.at(index)!);
    const scores = await model.score(part.flatMap(({ chosen, rejected }) => [chosen, rejected]), { signal });
    scored.push(...part.map(({ margin }, at) => ({
      chosen: scores[2 * at]!,
      rejected: scores[2 * at + 1]!,
      margin,
    })));
  }
  return scored;
}
