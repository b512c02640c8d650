/** What a job that trains a reward model needs, from shapes alone: what allocates says how much, here it is added up. */
import type { Tuning } from "../../../kernels/artifacts.ts";
import { productFlops } from "../../../kernels/graph/cost.ts";
import { defaultAdapter, dropoutOf } from "../../contract/job.ts";
import type { RewardModelJobConfig } from "../../contract/reward_model_job.ts";
import { optimizerBytes } from "../../networks/optimizer.ts";
import { mergedBytes } from "../../run/adapter_merge.ts";
import { arenaBytes } from "../../run/arena_bytes.ts";
import { attentionBlocks } from "../../run/attention_blocks.ts";
import { builtGraphs } from "../../run/built_graphs.ts";
import { evaluationBytes, workerGradientBytes } from "../../run/graph_runner.ts";
import { dropoutBytes, withDropout } from "../../run/lora_dropout.ts";
import { onceAForm, trainingCut } from "../../run/micro_batch_plan.ts";
import { batchSizes } from "../../run/token_batch.ts";
import { heldBytes, PRECISION, prepackedBytes, workersOf } from "../../weights/base_model.ts";
import { parameterBytes, tuningOf } from "../../weights/parameter_layout.ts";
import { type JobCost, type MemoryParts, PROCESS_BYTES } from "../job_cost.ts";
import type { CostShape, SmallerJob } from "../kind.ts";
import { MEASURED_AT_ONCE } from "./trainer.ts";

/** What decides the cost beside the job's fields. */
export interface RewardModelShape {
  /** Tokens of the longest prompt with its answer. */
  longest: number;
}

export function rewardModelCost(
  job: RewardModelJobConfig,
  { model, adapter, threads, memoryShare, target = "cpu", longest }: CostShape & RewardModelShape,
): JobCost {
  const { batch_size, micro_batch_size } = job.reward_model;
  const workers = { ...workersOf(model, threads, target), memoryShare };
  const precision = job.base_precision ?? PRECISION[target];
  const of: Tuning = adapter ? { type: "lora", adapter } : tuningOf(model, job.trainable);
  const tuning = { ...of, precision, target };
  const dropped = withDropout(tuning, dropoutOf(job.trainable));
  const train = onceAForm((form) =>
    builtGraphs.rewardTraining(model, dropped, { accumulate: true, ...form })
  );
  // A score is read at the last token, as if it were an action behind it.
  const all = { rows: batch_size, columns: longest, actions: 1, sequences: 2 };
  const cut = trainingCut(model, train, { ...all, rows: micro_batch_size ?? batch_size }, workers, target);
  const training = train(cut);
  const scoring = builtGraphs.score(model, tuning, { blocks: attentionBlocks(longest, target) });
  const measured = { rows: 2 * MEASURED_AT_ONCE, columns: longest, actions: 1 };
  const trained = parameterBytes(model, tuning, { head: "score" });
  const memory: MemoryParts = {
    process: PROCESS_BYTES,
    weights: heldBytes([training]),
    // Int8 weights are prepacked for all that is run over them.
    reordered: mergedBytes(model, tuning) +
      (target === "cpu" && precision === "int8" ? prepackedBytes([training]) : 0),
    reward_models: 0,
    trained: trained + optimizerBytes(trained) + workerGradientBytes(cut.workers, trained) +
      dropoutBytes(model, dropped),
    cache: 0,
    hidden_states: 0,
    activations: arenaBytes(
      cut.bytes,
      evaluationBytes(scoring, measured, { width: model.hidden_size, workers, target }),
    ),
  };
  return {
    memory_bytes: Object.values(memory).reduce((sum, bytes) => sum + bytes, 0),
    memory,
    step_flops: productFlops(training, batchSizes(all)),
    step_reads: 0,
  };
}

/** Changes that make such a job need less memory, in the order to try them in. */
export const SMALLER_REWARD_MODEL: readonly SmallerJob<RewardModelJobConfig>[] = [
  {
    path: "base_precision",
    change: (job) =>
      job.trainable.type === "lora" && job.base_precision !== "int8"
        ? { ...job, base_precision: "int8" }
        : null,
  },
  {
    path: "reward_model.micro_batch_size",
    change: (job) =>
      job.reward_model.micro_batch_size === 1
        ? null
        : { ...job, reward_model: { ...job.reward_model, micro_batch_size: 1 } },
  },
  {
    path: "trainable",
    change: (job) =>
      job.trainable.type === "full" ? { ...job, trainable: defaultAdapter(job.trainable.layers) } : null,
  },
];
