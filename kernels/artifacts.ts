/**
 * Everything a job runs, as ONNX messages: sampling, evaluation and training of a policy and a value network, the
 * reward model and the optimizer. Evaluation and training come from one model function and differ only in the
 * outputs asked for, so scoring and training cannot drift. Same config, same bytes.
 *
 * Batches are ids i64 [B,S], padded on the right. Action tokens are packed: `positions` i64 [N] are the flat
 * indices b·S + s of the column that predicts each of them, `targets` i64 [N] their ids.
 */
import { Builder } from "./graph/builder.ts";
import { gradients, type Recompute } from "./graph/gradient.ts";
import type { Artifact } from "./graph/artifact.ts";
import type { Value } from "./graph/value.ts";
import { klLoss, type KlLossEstimator } from "./losses/kl_loss.ts";
import { policyLoss } from "./losses/policy_loss.ts";
import { preferenceLoss } from "./losses/preference_loss.ts";
import { vector, weightedSum } from "./losses/sums.ts";
import { valueLoss } from "./losses/value_loss.ts";
import type { AdapterSpec } from "./models/adapter_spec.ts";
import { int8Head, lmHead, logits } from "./models/families.ts";
import { adapterForm, linears } from "./models/linears.ts";
import type { ModelConfig } from "./models/model_config.ts";
import { layerOf } from "./models/trained_layers.ts";
import { hiddenStates, trunk } from "./models/trunk.ts";
import { cachedAttention, causalAttention } from "./nn/attend.ts";
import {
  FrozenParameters,
  InputParameters,
  type LoraForm,
  MERGED,
  type Parameters,
  PartlyFrozenParameters,
  type Precision,
} from "./nn/parameters.ts";
import { LoraDropout } from "./nn/lora_dropout.ts";
import { MultiLora } from "./nn/multi_lora.ts";
import { sampler } from "./nn/sampler.ts";
import { topLogprobs } from "./nn/top_logprobs.ts";
import { type Numerics, numericsOf, type Target } from "./nn/numerics.ts";
import { mergedWeight } from "./ops/lora.ts";

/** What is trained: an adapter beside frozen weights, or every weight. In float32 on a CPU unless said. */
export type Tuning =
  & (
    | {
      type: "lora";
      adapter: AdapterSpec;
      /** Whether the adapter's input is dropped by keys that are inputs (`DROPOUT_INPUTS`). Sampling drops nothing. */
      dropout?: boolean;
    }
    | { type: "none" }
    /** All weights, or those of some layers, from 0. */
    | { type: "full"; layers?: readonly number[] }
  )
  & { precision?: Precision; target?: Target };

/** Whose kernels a graph is for and what it computes in. */
function numbers({ precision = "float32", target = "cpu" }: Pick<Tuning, "precision" | "target">): Numerics {
  return numericsOf(precision, target);
}

/** Names of the value head's parameters: [1,H] and [1]. */
export const VALUE_HEAD = { weight: "score.weight", bias: "score.bias" } as const;

/** Name of a sequence classifier's head [1,H], which has no bias. */
export const SCORE_HEAD = VALUE_HEAD.weight;

/** Prefix of a gradient output (and of the accumulated gradient it is added to, as an input). */
export const GRADIENT = "gradient.";

/** Prefix of a trunk's outputs; a layer's number follows. */
export const HIDDEN = "hidden.";

/**
 * @param positions of the tokens that a batch's trunk goes on with after its last attention
 * @param joined what `SamplingOptions` says
 */
function parametersOf(
  g: Builder,
  config: ModelConfig,
  tuning: Tuning,
  { form, positions, joined }: { form?: LoraForm; positions?: Value; joined?: boolean },
): Parameters {
  switch (tuning.type) {
    case "lora": {
      const { adapter, precision } = tuning;
      const dropout = tuning.dropout && positions ? new LoraDropout(g, positions) : undefined;
      return new FrozenParameters(g, {
        adapter,
        form: form ?? adapterForm(config, { adapter, precision, dropout: dropout !== undefined }),
        precision,
        joined,
        dropout,
      });
    }
    case "full": {
      const { layers, precision } = tuning;
      if (!layers) return new InputParameters(g);
      const trained = new Set<number | null>(layers);
      return new PartlyFrozenParameters(g, {
        isTrained: (path) => trained.has(layerOf(config, path)),
        precision,
      });
    }
    case "none":
      return new FrozenParameters(g, { precision: tuning.precision, joined });
  }
}

/** How attention over a batch is computed. */
export interface AttentionOptions {
  /** Into how many blocks of queries it is cut, so that no array of all scores exists. One by default. */
  blocks?: number;
  /** Whether rows hold several sequences: adds input `starts` i64 [B,S], the first column of each column's own. */
  packed?: boolean;
}

/** What of a model a graph over a batch computes, and how. */
export interface TrunkOptions extends AttentionOptions {
  /**
   * The layer it begins with, the embedding by default: input `hidden` [B,S,H], what goes into that layer, stands in place of
   * `ids` then. Nothing below it may be trained.
   */
  from?: number;
}

/** Hidden states [N,H] at the packed positions of a batch, and the parameters that they are made with. */
function packedHidden(
  g: Builder,
  config: ModelConfig,
  tuning: Tuning,
  { blocks, packed = false, from = 0 }: TrunkOptions,
): { h: Value; parameters: Parameters } {
  const input = from === 0
    ? { ids: g.input("ids", "int64", ["B", "S"]) }
    : { hidden: g.input("hidden", "float32", ["B", "S", config.hidden_size]), layer: from };
  const positions = g.input("positions", "int64", ["N"]);
  const starts = packed ? g.input("starts", "int64", ["B", "S"]) : null;
  const parameters = parametersOf(g, config, tuning, { positions });
  const attention = causalAttention(g, config, { numerics: numbers(tuning), blocks, starts });
  return { h: trunk(g, config, parameters, input, positions, attention), parameters };
}

/** Of the packed targets [N], each by the distribution before it. */
interface Selected {
  logprobs: Value;
  entropy: Value;
  /** Adds what says of each target whether no token is likelier: 1 or 0. */
  hits: () => Value;
}

function selectedLogprobs(g: Builder, config: ModelConfig, parameters: Parameters, h: Value): Selected {
  const targets = g.input("targets", "int64", ["N"]);
  const inverseTemperature = g.input("inverse_temperature", "float32", []);
  const head = [lmHead(config, parameters), targets, inverseTemperature, ...int8Head(g, config, parameters)];
  const [logprobs, entropy, , z] = g.op("SelectedLogprobs", [h, ...head], {});
  const hits = () => {
    const picked = g.gatherElements(z!, g.reshape(targets, ["N", 1]), 1);
    return g.reshape(g.cast(g.greaterOrEqual(picked, g.reduceMax(z!, [-1], true)), "float32"), ["N"]);
  };
  return { logprobs: logprobs!, entropy: entropy!, hits };
}

/** V(state) at the packed positions [N], and the head's two trainable inputs. */
function valueHead(g: Builder, config: ModelConfig, h: Value): { values: Value; head: [string, Value][] } {
  const weight = g.input(VALUE_HEAD.weight, "float32", [1, config.hidden_size]);
  const bias = g.input(VALUE_HEAD.bias, "float32", [1]);
  const values = g.reshape(g.add(g.matmul(h, weight, { transB: true }), bias), [h.shape[0]!]);
  return { values, head: [[VALUE_HEAD.weight, weight], [VALUE_HEAD.bias, bias]] };
}

export interface GradientOptions extends TrunkOptions {
  /** Add the gradients to inputs `accumulated.<name>`. */
  accumulate: boolean;
  /** What is recomputed for the backward pass; none by default. */
  recompute?: Recompute;
}

/** Gradients of `loss` as outputs `gradient.<name>`, added to inputs of the same name when accumulating. */
function gradientOutputs(
  g: Builder,
  loss: Value,
  trainable: readonly (readonly [string, Value])[],
  { accumulate, recompute }: GradientOptions,
): Record<string, Value> {
  const grads = gradients(g, loss, trainable.map(([, value]) => value), recompute);
  return Object.fromEntries(trainable.map(([name, value], index) => {
    const grad = grads[index]!;
    if (!accumulate) return [GRADIENT + name, grad];
    return [GRADIENT + name, g.add(g.input(`accumulated.${name}`, "float32", value.shape), grad)];
  }));
}

/** What a graph that samples is asked for. */
export interface SamplingOptions {
  /** Whether rows cut their distributions. */
  truncation: boolean;
  /** Whether it gives the most likely tokens too. */
  top?: boolean;
  /**
   * Whether int8 codes of linears that read the same input (q, k and v; gate and up) lie side by side, so that there is one
   * product. For weights that nothing but sampling reads: graphs that train take them apart, and would need them once more.
   */
  joined?: boolean;
}

/**
 * Samples N tokens: the prompt pass and every decoding step, by the shape of `ids`. `last` i64 [N] are the flat indices of
 * the tokens that they follow: of each row's last real one, once for each sequence that goes on from there. Outputs
 * `token` i64 [N], `logprob` [N], with `top` the most likely tokens too (`topLogprobs`), and the cache of the B rows.
 */
export function generateArtifact(
  config: ModelConfig,
  tuning: Tuning,
  options: SamplingOptions & { lora?: LoraForm },
): Artifact {
  const g = decoding(tuning);
  const parameters = parametersOf(g, config, tuning, { form: options.lora, joined: options.joined });
  return sampling(g, config, parameters, g.input("ids", "int64", ["B", "S"]), options, numbers(tuning));
}

/** `generateArtifact` for a batch whose rows have adapters of their own, which change linears among `modules`. */
export function multiLoraArtifact(
  config: ModelConfig,
  modules: ReadonlySet<string>,
  options: SamplingOptions & Pick<Tuning, "precision" | "target">,
): Artifact {
  const g = decoding(options);
  const ids = g.input("ids", "int64", ["B", "S"]);
  const frozen = new FrozenParameters(g, options);
  const parameters = new MultiLora(g, frozen, modules, { ids, sampled: SAMPLED });
  return sampling(g, config, parameters, ids, options, numbers(options));
}

/** A graph that samples. What makes it shorter is of kernels that CUDA has not or not in every dtype. */
function decoding({ target = "cpu" }: Pick<Tuning, "target">): Builder {
  return new Builder("generate", { fewRows: target === "cpu" });
}

/** How many tokens a run samples. */
const SAMPLED = "N";

function sampling(
  g: Builder,
  config: ModelConfig,
  parameters: Parameters,
  ids: Value,
  options: SamplingOptions,
  numerics: Numerics,
): Artifact {
  const cache = cachedAttention(g, config, "B", numerics);
  const h = trunk(g, config, parameters, { ids }, g.input("last", "int64", [SAMPLED]), cache);
  const sampled = sampler(g, h, (of) => logits(g, config, parameters, of), options);
  return g.finish({ ...sampled, ...cache.outputs });
}

/** Every adapted linear's weight with its adapter added, by the name that graphs take it by. */
export function mergedArtifact(config: ModelConfig, adapter: AdapterSpec): Artifact {
  const g = new Builder("merged");
  const gate = g.input("adapter_scale", "float32", []);
  return g.finish(Object.fromEntries(
    linears(config).flatMap(({ module, inFeatures, outFeatures, weightShape, fanInFanOut }) => {
      const lora = adapter.get(module);
      if (!lora) return [];
      const w = g.weight(`${module}.weight`, weightShape);
      const a = g.input(`${module}.lora_A.weight`, "float32", [lora.r, inFeatures]);
      const b = g.input(`${module}.lora_B.weight`, "float32", [outFeatures, lora.r]);
      const scaled = g.mul(b, g.mul(gate, lora.scale));
      return [[`${MERGED}${module}.weight`, mergedWeight(g, w, scaled, a, fanInFanOut)]];
    }),
  ));
}

/**
 * What goes into each of `layers`, ascending and none of them the first, of frozen layers below them: `hidden.<layer>`
 * [B,S,H], which graphs that begin `from` there take.
 */
export function trunkArtifact(
  config: ModelConfig,
  { layers, precision, target, blocks }:
    & { layers: readonly number[] }
    & Pick<AttentionOptions, "blocks">
    & Pick<Tuning, "precision" | "target">,
): Artifact {
  const g = new Builder("trunk");
  const ids = g.input("ids", "int64", ["B", "S"]);
  const attention = causalAttention(g, config, { numerics: numbers({ precision, target }), blocks });
  const found = hiddenStates(g, config, new FrozenParameters(g, { precision }), ids, layers, attention);
  return g.finish(Object.fromEntries([...found].map(([layer, hidden]) => [HIDDEN + layer, hidden])));
}

/**
 * `logprobs` [N] of the packed targets; with `entropy` also that, with `values` V(state) from the shared trunk, with
 * `hits` 1 for each target that no token is likelier than, else 0.
 */
export function policyEvalArtifact(
  config: ModelConfig,
  tuning: Tuning,
  options: { entropy: boolean; values: boolean; hits?: boolean } & TrunkOptions,
): Artifact {
  const g = new Builder("policy_eval");
  const { h, parameters } = packedHidden(g, config, tuning, options);
  const { logprobs, entropy, hits } = selectedLogprobs(g, config, parameters, h);
  return g.finish({
    logprobs,
    ...(options.entropy && { entropy }),
    ...(options.hits && { hits: hits() }),
    ...(options.values && { values: valueHead(g, config, h).values }),
  });
}

/** `hidden` [N,H] at the packed positions: what the head makes logits of. */
export function hiddenArtifact(config: ModelConfig, tuning: Tuning, options: AttentionOptions): Artifact {
  const g = new Builder("hidden");
  return g.finish({ hidden: g.cast(packedHidden(g, config, tuning, options).h, "float32") });
}

/**
 * Of hidden states [N,H]: `logprobs` [N] of `targets` i64 [N], and `top`, the most likely tokens (`topLogprobs`), both at
 * `inverse_temperature` []. Of one distribution each, so that a target among the most likely has the same number there.
 */
export function topLogprobsArtifact(config: ModelConfig, tuning: Tuning): Artifact {
  const g = new Builder("top_logprobs");
  const h = g.input("hidden", "float32", ["N", config.hidden_size]);
  const targets = g.reshape(g.input("targets", "int64", ["N"]), ["N", 1]);
  const parameters = parametersOf(g, config, tuning, {});
  const z = logits(g, config, parameters, g.mul(h, g.input("inverse_temperature", "float32", [])));
  const lse = g.sub(g.reduceMax(z, [-1], true), g.log(g.reduceMax(g.softmax(z), [-1], true)));
  const logprobs = g.reshape(g.sub(g.gatherElements(z, targets, 1), lse), ["N"]);
  return g.finish({ logprobs, top: topLogprobs(g, z, lse) });
}

/** Logits [N,V] at the packed positions: for checks against other implementations, not for training. */
export function logitsArtifact(config: ModelConfig, tuning: Tuning): Artifact {
  const g = new Builder("logits");
  const { h, parameters } = packedHidden(g, config, tuning, {});
  return g.finish({ logits: logits(g, config, parameters, h) });
}

export interface PolicyTrainingOptions extends GradientOptions {
  /** Train V on the policy's own trunk: adds inputs of the value loss and `value_coef` []. */
  values: boolean;
  /** Adds input `entropy_coef` [] and its term of the loss. */
  entropyBonus: boolean;
  /** Adds inputs `ref_logprobs` [N], `kl_coef` [] and this estimate of the KL to the loss, and output `kl_stats`. */
  kl?: KlLossEstimator | null;
}

/** One micro-batch of PPO: `policy_stats` (and `value_stats`) sums, and gradients of the weighted loss. */
export function policyTrainingArtifact(
  config: ModelConfig,
  tuning: Tuning,
  options: PolicyTrainingOptions,
): Artifact {
  const g = new Builder("policy_training");
  const { h, parameters } = packedHidden(g, config, tuning, options);
  const { logprobs, entropy } = selectedLogprobs(g, config, parameters, h);
  const weights = g.input("weights", "float32", ["N"]);
  const policy = policyLoss(g, logprobs, entropy, weights);
  let loss = policy.loss;
  const outputs: Record<string, Value> = { policy_stats: vector(g, policy.stats) };
  const trainable = [...parameters.trainable];
  if (options.entropyBonus) {
    loss = g.sub(loss, g.mul(weightedSum(g, entropy, weights), g.input("entropy_coef", "float32", [])));
  }
  if (options.kl) {
    const kl = klLoss(g, logprobs, weights, options.kl);
    loss = g.add(loss, kl.loss);
    outputs.kl_stats = vector(g, kl.stats);
  }
  if (options.values) {
    const { values, head } = valueHead(g, config, h);
    const value = valueLoss(g, values, weights);
    loss = g.add(loss, g.mul(value.loss, g.input("value_coef", "float32", [])));
    outputs.value_stats = vector(g, value.stats);
    trainable.push(...head);
  }
  return g.finish({ loss, ...outputs, ...gradientOutputs(g, loss, trainable, options) });
}

/** `values` [N]: V of the state before each action token, from the value network's own trunk. */
export function valueEvalArtifact(
  config: ModelConfig,
  tuning: Tuning,
  options: TrunkOptions = {},
): Artifact {
  const g = new Builder("value_eval");
  const { h } = packedHidden(g, config, tuning, options);
  return g.finish({ values: valueHead(g, config, h).values });
}

/** One micro-batch of the value network: `value_stats` sums, and gradients of the weighted loss. */
export function valueTrainingArtifact(
  config: ModelConfig,
  tuning: Tuning,
  options: GradientOptions,
): Artifact {
  const g = new Builder("value_training");
  const { h, parameters } = packedHidden(g, config, tuning, options);
  const { values, head } = valueHead(g, config, h);
  const { loss, stats } = valueLoss(g, values, g.input("weights", "float32", ["N"]));
  const trainable = [...parameters.trainable, ...head];
  return g.finish({
    loss,
    value_stats: vector(g, stats),
    ...gradientOutputs(g, loss, trainable, options),
  });
}

/**
 * One micro-batch of supervised fine-tuning: `loss` [], the weighted sum of −logprob, and its gradients; `hits` [], the
 * weights of the targets that no token is likelier than.
 */
export function sftTrainingArtifact(
  config: ModelConfig,
  tuning: Tuning,
  options: GradientOptions,
): Artifact {
  const g = new Builder("sft_training");
  const { h, parameters } = packedHidden(g, config, tuning, options);
  const { logprobs, hits } = selectedLogprobs(g, config, parameters, h);
  const weights = g.input("weights", "float32", ["N"]);
  const loss = weightedSum(g, g.neg(logprobs), weights);
  const grads = gradientOutputs(g, loss, [...parameters.trainable], options);
  return g.finish({ loss, hits: weightedSum(g, hits(), weights), ...grads });
}

/** Scores [N,1] at the packed positions of a batch, and the head's weight. The head of what is trained is trained too. */
function scoreHead(
  g: Builder,
  config: ModelConfig,
  tuning: Tuning,
  options: TrunkOptions,
): { scores: Value; weight: Value; parameters: Parameters } {
  const { h, parameters } = packedHidden(g, config, tuning, options);
  const shape = [1, config.hidden_size];
  const weight = tuning.type === "none"
    ? parameters.weight(SCORE_HEAD, shape)
    : g.input(SCORE_HEAD, "float32", shape);
  return { scores: g.matmul(h, weight, { transB: true }), weight, parameters };
}

/** A sequence classifier with one label: `scores` [N] at the packed positions (each row's last real token). */
export function scoreArtifact(
  config: ModelConfig,
  tuning: Tuning = { type: "none" },
  options: AttentionOptions = {},
): Artifact {
  const g = new Builder("score");
  const { scores } = scoreHead(g, config, tuning, options);
  return g.finish({ scores: g.reshape(scores, ["N"]) });
}

/**
 * One micro-batch of a reward model: `preference_stats` sums, and gradients of the weighted loss. `chosen` and `rejected`
 * i64 [P] say which of the N packed positions each pair compares; all N are named once.
 */
export function rewardTrainingArtifact(
  config: ModelConfig,
  tuning: Tuning,
  options: GradientOptions,
): Artifact {
  const g = new Builder("reward_training");
  const { scores, weight, parameters } = scoreHead(g, config, tuning, options);
  const [chosen, rejected] = ["chosen", "rejected"].map((side) =>
    g.reshape(g.pickRows(scores, g.input(side, "int64", ["P"])), ["P"])
  );
  const { loss, stats } = preferenceLoss(g, chosen!, rejected!);
  const trainable = new Map([...parameters.trainable, [SCORE_HEAD, weight]]);
  return g.finish({
    loss,
    preference_stats: vector(g, stats),
    ...gradientOutputs(g, loss, [...trainable], options),
  });
}
