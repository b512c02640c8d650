/**
 * Supervised fine-tuning: cross-entropy on completions, the end-of-sequence token included, prompts left out
 * (ppo-spec §16). An async generator of steps; writes nothing.
 */
import { sftTrainingArtifact, type Tuning } from "../../../kernels/artifacts.ts";
import type { AdamConfig } from "../../../kernels/optimizers/adamw.ts";
import { AdapterMerge } from "../../run/adapter_merge.ts";
import type { BaseModel } from "../../weights/base_model.ts";
import { Feeds } from "../../run/feeds.ts";
import { TrainingGraph } from "../../run/graph_runner.ts";
import { GROUPS } from "../../weights/parameter_layout.ts";
import { SessionCache } from "../../run/session_cache.ts";
import { Optimizer } from "../../networks/optimizer.ts";
import type { ParameterSet } from "../../weights/parameter_set.ts";
import { tokenBatch, type TokenSequence } from "../../run/token_batch.ts";
import type { Deferred } from "../../run/deferred.ts";
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
  seed: number;
}

export interface SftStep {
  /** From 1, as `epoch`. */
  step: number;
  steps: number;
  epoch: number;
  /** Mean cross-entropy per completion token, in nats, before this step's update. */
  loss: number;
  tokens: number;
  grad_norm: number;
  skipped: boolean;
  lr: number;
}

/** Trains `parameters` in place on `examples`, all epochs. Throws the signal's reason when aborted. */
export async function* trainSft(
  base: BaseModel,
  tuning: Tuning,
  parameters: ParameterSet,
  examples: readonly TokenSequence[],
  config: SftConfig,
  signal?: AbortSignal,
): AsyncGenerator<SftStep> {
  const optimizer = await Optimizer.create(base.runtime, parameters, config);
  const sessions = new SessionCache(base);
  const graph = new TrainingGraph(
    sessions,
    "sft_training",
    (options) => sftTrainingArtifact(base.config, tuning, options),
    { merge: new AdapterMerge(sessions, tuning), parameters, gradients: optimizer.gradients },
  );
  const perEpoch = stepsPerEpoch(examples.length, config.batch_size);
  const steps = perEpoch * config.epochs;
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted();
    const epoch = Math.floor(step / perEpoch);
    const order = promptOrder(config.seed, epoch, examples.length);
    const batch = stepPrompts(order, step % perEpoch, config.batch_size).map((index) => examples[index]!);
    const tokens = batch.reduce((sum, { response_ids }) => sum + response_ids.length, 0);
    using deferred = new DisposableStack();
    const losses: Deferred<Record<string, Float32Array>>[] = [];
    for (const part of microBatches(batch, config.micro_batch_size)) {
      const prepare = (rows: readonly TokenSequence[], least: number) => {
        const packed = tokenBatch(rows, least);
        const feeds = new Feeds(base.runtime)
          .batch(packed)
          .scalar("inverse_temperature", 1)
          .scalar("adapter_scale", 1)
          .vector("weights", new Float32Array(packed.tokens).fill(1 / tokens));
        return { feeds, columns: packed.columns };
      };
      const first = losses.length === 0;
      losses.push(deferred.use(await graph.run(part, prepare, { first, signal })));
    }
    const lr = config.learning_rate * lrFactor(config, step, steps);
    const rate = { lr, weight_decay: config.weight_decay };
    const outcome = deferred.use(
      await optimizer.apply({
        [GROUPS.adapter]: rate,
        [GROUPS.matrices]: rate,
        [GROUPS.vectors]: { lr, weight_decay: 0 },
      }),
    );
    const loss = losses.reduce((sum, part) => sum + part.read().loss_sum![0]!, 0) / tokens;
    yield { step: step + 1, steps, epoch: epoch + 1, loss, tokens, lr, ...outcome.read() };
  }
}
