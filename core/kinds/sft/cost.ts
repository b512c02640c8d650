/** What a job of supervised fine-tuning needs, from shapes alone: what allocates says how much, here it is added up. */
import type { Tuning } from "../../../kernels/artifacts.ts";
import { productFlops } from "../../../kernels/graph/cost.ts";
import { defaultAdapter, dropoutOf } from "../../contract/job.ts";
import type { SftJobConfig } from "../../contract/sft_job.ts";
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

/** What decides the cost beside the job's fields. */
export interface SftShape {
  /** Tokens of the longest example. */
  longest: number;
  /** The most tokens of an example that are predicted. */
  actions: number;
}

export function sftCost(
  job: SftJobConfig,
  { model, adapter, threads, memoryShare, target = "cpu", ...shape }: CostShape & SftShape,
): JobCost {
  const { batch_size, micro_batch_size, packing: packed } = job.sft;
  // Of a job that is cut shorter than the one that was looked at, too.
  const longest = Math.min(shape.longest, job.sft.max_length);
  const actions = Math.min(shape.actions, longest - 1);
  const workers = { ...workersOf(model, threads, target), memoryShare };
  const precision = job.base_precision ?? PRECISION[target];
  const of: Tuning = adapter ? { type: "lora", adapter } : tuningOf(model, job.trainable);
  const held: Tuning = { ...of, precision, target };
  const tuning = withDropout(held, dropoutOf(job.trainable));
  const train = onceAForm((form) =>
    builtGraphs.sftTraining(model, tuning, { accumulate: true, packed, ...form })
  );
  const all = { rows: batch_size, columns: longest - 1, actions };
  const cut = trainingCut(model, train, { ...all, rows: micro_batch_size ?? batch_size }, workers, target);
  const training = train(cut);
  const measuring = job.held_out === 0 ? [] : [builtGraphs.policyEval(model, held, {
    ...{ entropy: false, values: false, hits: true, packed },
    blocks: attentionBlocks(longest - 1, target),
  })];
  const bounds = { width: model.vocab_size, workers, target };
  const trained = parameterBytes(model, tuning, { head: false });
  const memory: MemoryParts = {
    process: PROCESS_BYTES,
    weights: heldBytes([training, ...measuring]),
    // Int8 weights are prepacked for all that is run over them.
    reordered: mergedBytes(model, tuning) +
      (target === "cpu" && precision === "int8" ? prepackedBytes([training]) : 0),
    reward_models: 0,
    trained: trained + optimizerBytes(trained) + workerGradientBytes(cut.workers, trained) +
      dropoutBytes(model, tuning),
    cache: 0,
    hidden_states: 0,
    activations: arenaBytes(cut.bytes, ...measuring.map((graph) => evaluationBytes(graph, all, bounds))),
  };
  return {
    memory_bytes: Object.values(memory).reduce((sum, bytes) => sum + bytes, 0),
    memory,
    step_flops: productFlops(training, batchSizes(all)),
    step_reads: 0,
  };
}

/** Changes that make such a job need less memory, in the order to try them in. */
export const SMALLER_SFT: readonly SmallerJob<SftJobConfig>[] = [
  {
    path: "base_precision",
    change: (job) =>
      job.trainable.type === "lora" && job.base_precision !== "int8"
        ? { ...job, base_precision: "int8" }
        : null,
  },
  {
    path: "sft.micro_batch_size",
    change: (job) =>
      job.sft.micro_batch_size === 1 ? null : { ...job, sft: { ...job.sft, micro_batch_size: 1 } },
  },
  {
    path: "sft.max_length",
    change: (job) => {
      const max_length = Math.floor(job.sft.max_length / 2);
      return max_length < 2 ? null : { ...job, sft: { ...job.sft, max_length } };
    },
  },
  {
    path: "trainable",
    change: (job) =>
      job.trainable.type === "full" ? { ...job, trainable: defaultAdapter(job.trainable.layers) } : null,
  },
];
