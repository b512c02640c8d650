/** PPO's update: passes over one rollout batch in mini-batches, an optimizer step each (ppo-spec §11). */
import type { PpoConfig, ValueConfig } from "./config.ts";
import type { Experience } from "./experience.ts";
import { accumulate, applyUpdate, type Learner } from "./learner.ts";
import { lrFactor } from "./lr_schedule.ts";
import { microBatches, miniBatches, tokenCount } from "./minibatches.ts";
import { exceedsTargetKl, UpdateMetrics, type UpdateStats } from "./update_metrics.ts";

export interface UpdateKey {
  seed: number;
  step: number;
  /** Optimizer steps planned before this one, and in the whole job: where the learning rate stands. */
  optimizerStep: number;
  optimizerSteps: number;
}

export interface UpdateOutcome {
  metrics: UpdateMetrics;
  /** The very first micro-batch, seen before anything changed. */
  firstMicroBatch: UpdateStats;
  /** Optimizer steps whose gradient was not finite. */
  skipped: number;
}

/** Trains on `rows`, all of one policy version. */
export async function update(
  learner: Learner,
  rows: readonly Experience[],
  config: PpoConfig,
  value: ValueConfig,
  key: UpdateKey,
  signal?: AbortSignal,
): Promise<UpdateOutcome> {
  const metrics = new UpdateMetrics();
  const trainPolicy = key.step >= config.critic_warmup_steps;
  let firstMicroBatch: UpdateStats | undefined;
  let optimizerStep = key.optimizerStep;
  let skipped = 0;
  for (let ppo_epoch = 0; ppo_epoch < config.num_ppo_epochs; ppo_epoch++) {
    const cuts = miniBatches(rows.length, config.num_mini_batches, {
      seed: key.seed,
      step: key.step,
      ppo_epoch,
    });
    for (const cut of cuts) {
      const miniBatch = cut.map((index) => rows[index]!);
      const stepTokens = tokenCount(miniBatch);
      const stats: UpdateStats[] = [];
      for (const microBatch of microBatches(miniBatch, config.micro_batch_size)) {
        const first = stats.length === 0;
        stats.push(await accumulate(learner, microBatch, config, { stepTokens, first, signal }));
      }
      stats.forEach((part) => metrics.addMicroBatch(part));
      firstMicroBatch ??= stats[0]!;
      if (exceedsTargetKl(stats, config.target_kl)) {
        metrics.stopEarly(ppo_epoch);
        return { metrics, firstMicroBatch, skipped };
      }
      const factor = lrFactor(config, optimizerStep++, key.optimizerSteps);
      const applied = await applyUpdate(learner, config, value, { factor, trainPolicy });
      const stepSkipped = Boolean(applied.policy?.skipped || applied.value?.skipped);
      if (stepSkipped) skipped++;
      metrics.addOptimizerStep({
        policy_grad_norm: applied.policy?.grad_norm ?? null,
        value_grad_norm: applied.value?.grad_norm ?? applied.policy?.grad_norm ?? null,
        lr: config.learning_rate * factor,
        skipped: stepSkipped,
      });
    }
  }
  return { metrics, firstMicroBatch: firstMicroBatch!, skipped };
}
