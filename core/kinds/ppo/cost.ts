/**
 * What a PPO job needs, from shapes alone: the graphs that it will run are built, not loaded. What takes memory says how
 * much beside what allocates it; here it is added up. `bench/memory.ts` holds the sum against what is measured.
 */
import type { Tuning } from "../../../kernels/artifacts.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import { peakBytes, productFlops } from "../../../kernels/graph/cost.ts";
import { frozenLayers } from "../../../kernels/models/trained_layers.ts";
import { numericsOf } from "../../../kernels/nn/numerics.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import { dropoutOf } from "../../contract/job.ts";
import { promptSizes } from "../../decode/decoder.ts";
import { cacheBytes } from "../../decode/kv_cache.ts";
import { memoize } from "../../memoize.ts";
import { hiddenBytes, trunkLayers } from "../../networks/frozen_trunk.ts";
import { optimizerBytes } from "../../networks/optimizer.ts";
import { mergedBytes } from "../../run/adapter_merge.ts";
import { arenaBytes } from "../../run/arena_bytes.ts";
import { attentionBlocks } from "../../run/attention_blocks.ts";
import { builtGraphs } from "../../run/built_graphs.ts";
import { dropoutBytes, withDropout } from "../../run/lora_dropout.ts";
import { evaluationBytes, workerGradientBytes } from "../../run/graph_runner.ts";
import { onceAForm, trainingCut } from "../../run/micro_batch_plan.ts";
import { batchSizes } from "../../run/token_batch.ts";
import { heldBytes, PRECISION, prepackedBytes, workersOf } from "../../weights/base_model.ts";
import { parameterBytes, tuningOf } from "../../weights/parameter_layout.ts";
import { klLossOf } from "./kl_loss_of.ts";
import { type JobCost, type MemoryParts, PROCESS_BYTES } from "../job_cost.ts";
import type { ScoringModel } from "../check_rewards.ts";
import { scoringModels } from "../scoring_models.ts";
import type { CostShape } from "../kind.ts";

/** What decides the cost of a PPO job beside its fields. */
export interface PpoShape {
  /** Models that score. */
  rewards: readonly ScoringModel[];
  /** In tokens. */
  longestPrompt: number;
}

const KEPT_COSTS = 256;

/** What a job costs; one that differs in nothing that costs is not worked out again. */
export const ppoCost = memoize(KEPT_COSTS, costOf, (job, shape) => {
  const { prompts: _prompts, reward: _reward, webhook: _webhook, metadata: _metadata, ...costs } = job;
  return [
    { ...costs, evaluate: job.evaluate !== null, rollouts: job.rollouts !== null, seed: 0, epochs: 0 },
    shape,
  ];
});

function costOf(
  job: PpoJobConfig,
  { model, rewards, adapter, longestPrompt, threads, memoryShare, target = "cpu" }: CostShape & PpoShape,
): JobCost {
  const { ppo } = job;
  const actions = ppo.max_new_tokens;
  const columns = longestPrompt + actions - 1;
  const capacity = columns + 1;
  const workers = { ...workersOf(model, threads, target), memoryShare };
  const precision = job.base_precision ?? PRECISION[target];
  const rollouts = ppo.batch_size * ppo.rollouts_per_prompt;
  const head = job.value?.type === "shared";
  const held = (tuning: Tuning): Tuning => ({ ...tuning, precision, target });
  const tuning = held(adapter ? { type: "lora", adapter } : tuningOf(model, job.trainable));
  const trained = withDropout(tuning, dropoutOf(job.trainable));
  const critic = job.value?.type === "separate"
    ? withDropout(held(tuningOf(model, { ...job.value, type: "lora" })), job.value.dropout)
    : null;
  const sampling = { ...tuning, precision: job.rollout_precision ?? precision };

  const blocks = attentionBlocks(capacity, target);
  // What each network begins with, where the hidden states below are kept.
  const layers = ppo.trunk_cache ? trunkLayers(model, [tuning, ...(critic ? [critic] : [])]) : [];
  const fromOf = (of: Tuning) => layers.find((layer) => layer === frozenLayers(model, of)) ?? 0;
  const [from, valuesFrom] = [fromOf(tuning), critic ? fromOf(critic) : 0];
  const trunk = layers.length > 0 ? builtGraphs.trunk(model, { layers, precision, target, blocks }) : null;
  const generate = builtGraphs.generate(model, sampling, {
    truncation: false,
    joined: sampling.precision !== precision,
  });
  const evaluate = builtGraphs.policyEval(model, trained, { entropy: false, values: head, blocks, from });
  // The reference's, without dropout.
  const refer = builtGraphs.policyEval(model, tuning, { entropy: false, values: false, blocks, from });
  // An evaluation's, with entropies.
  const measure = job.evaluate &&
    builtGraphs.policyEval(model, tuning, { entropy: true, values: head, blocks, from });
  const values = critic && builtGraphs.valueEval(model, critic, { blocks, from: valuesFrom });
  const scoring = scoringModels(rewards, { target, blocks });
  const options = {
    values: head,
    entropyBonus: ppo.entropy_coef !== 0,
    kl: klLossOf(ppo)?.estimator,
    accumulate: true,
    from,
  };
  const train = onceAForm((form) => builtGraphs.policyTraining(model, trained, { ...options, ...form }));

  const all = { rows: rollouts, columns, actions };
  const rows = ppo.micro_batch_size ?? rollouts / ppo.num_mini_batches;
  const cut = trainingCut(model, train, { ...all, rows }, workers, target);
  const training = train(cut);
  const shared = ppo.rollouts_per_prompt > 1;
  const prompts = promptSizes({ rows: rollouts, prompts: ppo.batch_size, prompt: longestPrompt, capacity });
  const tokens = { ...promptSizes({ rows: rollouts, prompt: longestPrompt, capacity }), S: 1 };

  const policyBytes = parameterBytes(model, tuning, { head });
  const trainedBytes = policyBytes + (critic ? parameterBytes(model, critic, { head: true }) : 0);
  // A bare adapter is turned off for the reference; anything else keeps a copy of where it started.
  const keepsStart = tuning.type === "full" || job.checkpoint !== null || adapter !== undefined;
  // Int8 weights are prepacked for all that is run over them, float32 for sampling. A GPU takes weights as they lie.
  // Where a server samples, the policy's own decoder is for evaluations.
  const samples = job.rollouts === null || job.evaluate !== null;
  const prepacked = target === "cpu"
    ? [...(samples ? [generate] : []), ...(precision === "int8" ? [training] : [])]
    : [];
  const memory: MemoryParts = {
    process: PROCESS_BYTES,
    weights: heldBytes([
      ...(samples ? [generate] : []),
      evaluate,
      refer,
      training,
      ...[values, trunk].filter((graph) => graph !== null),
    ]),
    reordered: prepackedBytes(prepacked) +
      sum([sampling, tuning, ...(critic ? [critic] : [])].map((tuning) => mergedBytes(model, tuning))),
    reward_models: scoring.bytes,
    trained: trainedBytes + optimizerBytes(trainedBytes) + workerGradientBytes(cut.workers, trainedBytes) +
      (keepsStart ? policyBytes : 0) + dropoutBytes(model, trained) +
      (critic ? dropoutBytes(model, critic) : 0),
    cache: !samples ? 0 : sum(
      [{ rows: rollouts, capacity }, ...(shared ? [{ rows: ppo.batch_size, capacity: longestPrompt }] : [])]
        .map((sizes) => cacheBytes(model, { ...sizes, dtype: numericsOf(precision, target).cache })),
    ),
    hidden_states: hiddenBytes(model, { rows: rollouts, columns: capacity, layers: layers.length }),
    activations: arenaBytes(
      cut.bytes,
      trunk ? evaluationBytes(trunk, all, { width: model.intermediate_size, workers, target }) : 0,
      ...[evaluate, ...(measure ? [measure] : [])].map((graph) =>
        evaluationBytes(graph, all, { width: model.vocab_size, workers, target })
      ),
      ...(samples ? [peakBytes(generate, prompts)] : []),
      ...(samples && shared ? [peakBytes(generate, tokens)] : []),
    ),
  };

  const sizes = batchSizes(all);
  const trainValues = critic && builtGraphs.valueTraining(model, critic, {
    accumulate: true,
    recompute: cut.recompute,
    blocks: cut.blocks,
    from: valuesFrom,
  });
  const flops = (graph: Artifact | null) => graph ? productFlops(graph, sizes) : 0;
  return {
    memory_bytes: sum(Object.values(memory)),
    memory,
    step_flops:
      (job.rollouts ? 0 : productFlops(generate, prompts) + (actions - 1) * productFlops(generate, tokens)) +
      sum(scoring.graphs.map((graph) => productFlops(graph, { ...sizes, N: rollouts }))) +
      flops(trunk) + flops(evaluate) + flops(refer) + flops(values) +
      ppo.num_ppo_epochs * (flops(training) + flops(trainValues)),
    step_reads: job.rollouts ? 0 : actions * heldBytes([generate]),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
