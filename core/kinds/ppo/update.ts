/** PPO's update: passes over one rollout batch in mini-batches, an optimizer step each (ppo-spec §11). */
import type { Deferred } from "../../run/deferred.ts";
import type { PpoConfig, ValueConfig } from "../../contract/ppo_job.ts";
import type { Experience } from "./experience.ts";
import { accumulate, type AppliedUpdate, applyUpdate, type Learner } from "./learner.ts";
import { sumGradients } from "../../networks/sum_gradients.ts";
import { lrFactor } from "../../train/lr_schedule.ts";
import { microBatches, miniBatches, tokenCount } from "../../train/minibatches.ts";
import type { KlLossConfig } from "../../networks/policy.ts";
import { LOSS_WEIGHTS } from "./loss_aggregation.ts";
import { ALONE, type Replicas, shareOf } from "../../replicas/replicas.ts";
import { addStats, exceedsTargetKl, UpdateMetrics, type UpdateStats } from "./update_metrics.ts";

export interface UpdateKey {
  seed: number;
  step: number;
  /** Optimizer steps planned before this one, and in the whole job: where the learning rate stands. */
  optimizerStep: number;
  optimizerSteps: number;
  /** The KL's term of the loss, if it has one. */
  kl?: KlLossConfig | null;
  /** What the rates of the schedule are multiplied by; 1 by default. */
  lrScale?: number;
}

export interface UpdateOutcome {
  metrics: UpdateMetrics;
  /** The very first micro-batch, seen before anything changed. */
  firstMicroBatch: UpdateStats;
  /** Optimizer steps whose gradient was not finite. */
  skipped: number;
}

/** What the runs of an update leave on their device. */
interface Results {
  /** Of each mini-batch. */
  microBatches: Deferred<UpdateStats>[][];
  optimizerSteps: { lr: number; applied: Deferred<AppliedUpdate> }[];
  /** The PPO epoch that target_kl ended, counted from 0. */
  stoppedIn: number | null;
}

export interface UpdateOptions {
  signal?: AbortSignal;
  /** Those that train together, each on its share of every mini-batch; all are given all rows. */
  replicas?: Replicas;
}

/** Trains on `rows`, all of one policy version. */
export async function update(
  learner: Learner,
  rows: readonly Experience[],
  config: PpoConfig,
  value: ValueConfig | null,
  key: UpdateKey,
  { signal, replicas = ALONE }: UpdateOptions = {},
): Promise<UpdateOutcome> {
  using deferred = new DisposableStack();
  return await outcome(
    await runAll(learner, rows, config, value, key, { deferred, signal, replicas }),
    replicas,
  );
}

/**
 * Runs all mini-batches one after the other without reading what they give, so that none waits for the host to have seen
 * the one before. Only target_kl has to know, after each.
 */
async function runAll(
  learner: Learner,
  rows: readonly Experience[],
  config: PpoConfig,
  value: ValueConfig | null,
  { seed, step, ...key }: UpdateKey,
  { deferred, signal, replicas }: Required<Pick<UpdateOptions, "replicas">> & {
    deferred: DisposableStack;
    signal: AbortSignal | undefined;
  },
): Promise<Results> {
  const results: Results = { microBatches: [], optimizerSteps: [], stoppedIn: null };
  const trainPolicy = step >= config.critic_warmup_steps;
  let { optimizerStep } = key;
  for (let ppo_epoch = 0; ppo_epoch < config.num_ppo_epochs; ppo_epoch++) {
    for (const cut of miniBatches(rows.length, config.num_mini_batches, { seed, step, ppo_epoch })) {
      const miniBatch = cut.map((index) => rows[index]!);
      const tokenWeight = LOSS_WEIGHTS[config.loss_aggregation]({
        tokens: tokenCount(miniBatch),
        rows: miniBatch.length,
        maxTokens: config.max_new_tokens,
      });
      const stats: Deferred<UpdateStats>[] = [];
      const { mine } = shareOf(miniBatch, replicas);
      // Of a row that another process measured, once.
      await learner.trunk?.fill(mine, { signal });
      for (const microBatch of microBatches(mine, config.micro_batch_size)) {
        const first = stats.length === 0;
        stats.push(
          deferred.use(
            await accumulate(learner, microBatch, config, { tokenWeight, first, step, signal, kl: key.kl }),
          ),
        );
      }
      results.microBatches.push(stats);
      if (config.target_kl !== null) {
        const moved = await statsOfAll([stats], replicas);
        if (exceedsTargetKl(moved, config.target_kl)) return { ...results, stoppedIn: ppo_epoch };
      }
      const optimizers = learner.critic ? [learner.critic.optimizer] : [];
      for (const optimizer of [learner.policyOptimizer, ...optimizers]) {
        await sumGradients(optimizer, replicas, { none: mine.length === 0 });
      }
      const factor = lrFactor(config, optimizerStep++, key.optimizerSteps) * (key.lrScale ?? 1);
      const applied = deferred.use(await applyUpdate(learner, config, value, { factor, trainPolicy }));
      results.optimizerSteps.push({ lr: config.learning_rate * factor, applied });
    }
  }
  return results;
}

/** The micro-batches of all mini-batches: of several processes, those with the same number are one. */
async function statsOfAll(
  microBatches: readonly (readonly Deferred<UpdateStats>[])[],
  replicas: Replicas,
): Promise<UpdateStats[]> {
  const own = microBatches.map((parts) => parts.map((part) => part.read()));
  if (replicas.size === 1) return own.flat();
  const all = await replicas.gather([own]);
  return own.flatMap((_, at) => {
    const ofEach = all.map((parts) => parts[at]!);
    return Array.from(
      { length: Math.max(...ofEach.map(({ length }) => length)) },
      (_, number) => addStats(ofEach.flatMap((parts) => parts[number] ?? [])),
    );
  });
}

/** Reads what an update's runs have left. */
async function outcome(
  { microBatches, optimizerSteps, stoppedIn }: Results,
  replicas: Replicas,
): Promise<UpdateOutcome> {
  const metrics = new UpdateMetrics();
  const stats = await statsOfAll(microBatches, replicas);
  stats.forEach((part) => metrics.addMicroBatch(part));
  if (stoppedIn !== null) metrics.stopEarly(stoppedIn);
  let skipped = 0;
  for (const { lr, applied } of optimizerSteps) {
    const { policy, value } = applied.read();
    const stepSkipped = Boolean(policy?.skipped || value?.skipped);
    if (stepSkipped) skipped++;
    metrics.addOptimizerStep({
      policy_grad_norm: policy?.grad_norm ?? null,
      value_grad_norm: value?.grad_norm ?? policy?.grad_norm ?? null,
      lr,
      skipped: stepSkipped,
    });
  }
  return { metrics, firstMicroBatch: stats[0]!, skipped };
}
