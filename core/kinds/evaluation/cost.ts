/** What an evaluation needs, from shapes alone: what allocates says how much, here it is added up. */
import type { Tuning } from "../../../kernels/artifacts.ts";
import { peakBytes, productFlops } from "../../../kernels/graph/cost.ts";
import { numericsOf } from "../../../kernels/nn/numerics.ts";
import type { EvaluationJobConfig } from "../../contract/evaluation_job.ts";
import { promptSizes } from "../../decode/decoder.ts";
import { cacheBytes } from "../../decode/kv_cache.ts";
import { hiddenBytes, trunkLayers } from "../../networks/frozen_trunk.ts";
import { mergedBytes } from "../../run/adapter_merge.ts";
import { arenaBytes } from "../../run/arena_bytes.ts";
import { attentionBlocks } from "../../run/attention_blocks.ts";
import { builtGraphs } from "../../run/built_graphs.ts";
import { evaluationBytes } from "../../run/graph_runner.ts";
import { batchSizes } from "../../run/token_batch.ts";
import { heldBytes, PRECISION, prepackedBytes, workersOf } from "../../weights/base_model.ts";
import { parameterBytes } from "../../weights/parameter_layout.ts";
import type { ScoringModel } from "../check_rewards.ts";
import { type JobCost, type MemoryParts, PROCESS_BYTES } from "../job_cost.ts";
import { scoringModels } from "../scoring_models.ts";
import type { CostShape, SmallerJob } from "../kind.ts";

/** What decides the cost of an evaluation beside its fields. */
export interface EvaluationShape {
  /** Of the policy, and of the one that it is compared with. */
  tunings: readonly Tuning[];
  /** Models that score. */
  rewards: readonly ScoringModel[];
  /** In tokens. */
  longestPrompt: number;
}

export function evaluationCost(
  job: EvaluationJobConfig,
  { model, rewards, tunings, longestPrompt, threads, memoryShare, target = "cpu" }:
    & CostShape
    & EvaluationShape,
): JobCost {
  const { max_new_tokens: actions, top_k, top_p } = job.generation;
  const rows = job.batch_size * job.samples_per_prompt;
  const columns = longestPrompt + actions - 1;
  const capacity = columns + 1;
  const workers = { ...workersOf(model, threads, target), memoryShare };
  const precision = job.base_precision ?? PRECISION[target];
  const held = tunings.map((tuning): Tuning => ({ ...tuning, precision, target }));
  const blocks = attentionBlocks(capacity, target);
  const truncation = top_k > 0 || top_p < 1;
  const generates = held.map((tuning) => builtGraphs.generate(model, tuning, { truncation }));
  const trunks = held.map((tuning) => {
    const layers = trunkLayers(model, [tuning]);
    return layers.length > 0 ? builtGraphs.trunk(model, { layers, precision, target, blocks }) : null;
  }).filter((graph) => graph !== null);
  const evaluates = held.map((tuning) => {
    const [from = 0] = trunkLayers(model, [tuning]);
    return builtGraphs.policyEval(model, tuning, { entropy: true, values: false, blocks, from });
  });
  const scoring = scoringModels(rewards, { target, blocks });
  const all = { rows, columns, actions };
  const prompts = promptSizes({ rows, prompt: longestPrompt, capacity });
  const bounds = { width: model.vocab_size, workers, target };
  const memory: MemoryParts = {
    process: PROCESS_BYTES,
    weights: heldBytes([...generates, ...trunks, ...evaluates]),
    reordered: (target === "cpu" ? prepackedBytes(generates) : 0) +
      sum(held.map((tuning) => 2 * mergedBytes(model, tuning))),
    reward_models: scoring.bytes,
    // Full weights keep the bare model's beside their own.
    trained: sum(
      held.map((tuning) => parameterBytes(model, tuning, { head: false }) * (tuning.type === "full" ? 2 : 1)),
    ),
    cache: cacheBytes(model, { rows, capacity, dtype: numericsOf(precision, target).cache }),
    hidden_states: hiddenBytes(model, { rows, columns, layers: Math.min(1, trunks.length) }),
    activations: arenaBytes(
      ...[...trunks, ...evaluates].map((graph) => evaluationBytes(graph, all, bounds)),
      ...generates.map((graph) => peakBytes(graph, prompts)),
    ),
  };
  const sizes = batchSizes(all);
  return {
    memory_bytes: sum(Object.values(memory)),
    memory,
    step_flops: sum(
      generates.map((graph) =>
        productFlops(graph, prompts) + (actions - 1) * productFlops(graph, { ...prompts, S: 1 })
      ),
    ) +
      sum(trunks.map((graph) => productFlops(graph, sizes))) +
      2 * sum(evaluates.map((graph) => productFlops(graph, sizes))) +
      tunings.length * sum(scoring.graphs.map((graph) => productFlops(graph, { ...sizes, N: rows }))),
    step_reads: sum(generates.map((graph) => actions * heldBytes([graph]))),
  };
}

/** Changes that make an evaluation need less memory, in the order to try them in. */
export const SMALLER_EVALUATION: readonly SmallerJob<EvaluationJobConfig>[] = [
  {
    path: "batch_size",
    change: (job) => job.batch_size === 1 ? null : { ...job, batch_size: 1 },
  },
  {
    path: "samples_per_prompt",
    change: (job) => job.samples_per_prompt === 1 ? null : { ...job, samples_per_prompt: 1 },
  },
  {
    path: "generation.max_new_tokens",
    change: (job) => {
      const max_new_tokens = Math.floor(job.generation.max_new_tokens / 2);
      return max_new_tokens < 1 ? null : { ...job, generation: { ...job.generation, max_new_tokens } };
    },
  },
  {
    path: "base_precision",
    change: (job) => job.base_precision === "int8" ? null : { ...job, base_precision: "int8" },
  },
];

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
