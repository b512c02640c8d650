/**
 * The policy: a base model with an adapter, or with all its weights trained, and the reference it started as. Its
 * verbs are `respond` (sample), `analyze` (log-probabilities of given tokens) and `train` (one micro-batch).
 */
import type { AttentionOptions, Tuning } from "../../kernels/artifacts.ts";
import { KL_STATS, type KlLossEstimator } from "../../kernels/losses/kl_loss.ts";
import { POLICY_STATS } from "../../kernels/losses/policy_loss.ts";
import { VALUE_STATS } from "../../kernels/losses/value_loss.ts";
import { frozenLayers } from "../../kernels/models/trained_layers.ts";
import type { Precision } from "../../kernels/nn/parameters.ts";
import { AdapterMerge } from "../run/adapter_merge.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { type DecodeOptions, Decoder } from "../decode/decoder.ts";
import type { SampledSequence } from "../decode/sampled_sequence.ts";
import type { SamplingRequest } from "../decode/sampling_request.ts";
import { builtGraphs } from "../run/built_graphs.ts";
import { headLikelihoods, type Likelihoods } from "./head_likelihoods.ts";
import { Feeds } from "../run/feeds.ts";
import { type LoraDropout, withDropout } from "../run/lora_dropout.ts";
import { type ExpectedRows, firstExpectedLayer } from "../run/expected_rows.ts";
import {
  evaluate,
  type EvaluationGraph,
  inOrder,
  loadEvaluation,
  type RunOptions,
  TrainingGraph,
} from "../run/graph_runner.ts";
import { firstLayer } from "../run/hidden_batch.ts";
import { heldBy } from "../weights/parameter_layout.ts";
import { SessionCache } from "../run/session_cache.ts";
import type { Optimizer } from "./optimizer.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";
import { pack, tokenBatch, type TokenSequence, unpack } from "../run/token_batch.ts";
import { Deferred } from "../run/deferred.ts";

/** Per-token results of `analyze`, a row per sequence. */
export interface Analysis {
  logprobs: Float32Array[];
  /** Present when asked for: it costs one more product with the vocabulary. */
  entropy?: Float32Array[];
  /** V of the state before each token; present with a shared value head. */
  values?: Float32Array[];
}

/** Without a step, and under the reference, nothing is dropped. */
export interface AnalyzeOptions extends RunOptions {
  temperature: number;
  /** Ask the reference policy instead. */
  reference?: boolean;
  entropy?: boolean;
}

/** A sequence with what the value loss needs of it, all (n); null in a job without one. */
export interface ValueExample extends TokenSequence {
  readonly values: Float32Array | null;
  readonly returns: Float32Array | null;
}

/** A sequence with what the policy loss needs of it, all (n). */
export interface PolicyExample extends ValueExample {
  readonly logprobs: Float32Array;
  /** Wanted by a loss with the KL. */
  readonly ref_logprobs?: Float32Array;
  readonly advantages: Float32Array;
}

export interface PolicyLossConfig {
  temperature: number;
  clip_epsilon: number;
  clip_epsilon_high: number | null;
  dual_clip: number | null;
  cliprange_value: number | null;
  vf_coef: number;
  entropy_coef: number;
}

/** The KL from the reference as a term of the loss. */
export interface KlLossConfig {
  estimator: KlLossEstimator;
  coef: number;
}

/** One micro-batch's place in its optimizer step. */
export interface TrainOptions extends RunOptions {
  /** What each token of a response of `length` tokens counts in the loss. */
  tokenWeight: (length: number) => number;
  /** Whether this micro-batch is the step's first. */
  first: boolean;
}

/** Sums over the micro-batch's tokens, by the names in POLICY_STATS, KL_STATS and VALUE_STATS. */
export type StatSums =
  & Record<(typeof POLICY_STATS)[number], number>
  & Partial<Record<(typeof KL_STATS)[number], number>>
  & Partial<Record<(typeof VALUE_STATS)[number], number>>;

/** Stands for "no bound" in a graph that always has one. */
export const UNBOUNDED = 1e30;

export class Policy {
  readonly base: BaseModel;
  readonly parameters: ParameterSet;
  readonly #sessions: SessionCache;
  /** What its graphs are built with. */
  readonly tuning: Tuning;
  readonly #merge: AdapterMerge;
  readonly #dropout: LoraDropout | null;
  /** What its training graphs are built with. */
  readonly #trained: { tuning: Tuning; merge: AdapterMerge };
  readonly #decoder: Decoder;
  /** Whether `parameters` end with a value head on this trunk. */
  readonly shared: boolean;
  /** What the policy is held close to: its own start, or the bare base where it starts as that. */
  readonly #reference: ParameterSet | "base";
  /** The last call of `likelihoods`. */
  #asked: Promise<unknown> = Promise.resolve();
  /** How many of its layers stay as they are: rows that come with their hidden states begin above them. */
  readonly #frozen: number;
  /** By the layer that the graphs begin with. */
  readonly #training = new Map<number, TrainingGraph>();

  /**
   * @param reference parameters of the reference policy; `"base"` turns the adapter off instead
   * @param shared whether `parameters` end with a value head on this trunk
   * @param sampling what `respond` multiplies by; as the base is held by default
   * @param dropout of its adapter, while it is trained; it becomes the policy's own
   */
  constructor(
    base: BaseModel,
    tuning: Tuning,
    parameters: ParameterSet,
    { reference, shared, sampling = base.precision, dropout = null }: {
      reference: ParameterSet | "base";
      shared: boolean;
      sampling?: Precision;
      dropout?: LoraDropout | null;
    },
  ) {
    this.base = base;
    this.parameters = parameters;
    this.#sessions = new SessionCache(base);
    this.tuning = heldBy(base, tuning);
    this.#merge = new AdapterMerge(this.#sessions, this.tuning);
    this.#dropout = dropout;
    const trained = withDropout(this.tuning, dropout?.rate ?? 0);
    this.#trained = {
      tuning: trained,
      merge: dropout ? new AdapterMerge(this.#sessions, trained) : this.#merge,
    };
    this.#decoder = new Decoder(this.#sessions, heldBy(base, tuning, sampling));
    this.#reference = reference;
    this.shared = shared;
    this.#frozen = frozenLayers(base.config, tuning);
  }

  /** Sampled responses with their log-probabilities, in the order of `rows`. */
  respond(rows: readonly SamplingRequest[], options: DecodeOptions = {}): Promise<SampledSequence[]> {
    return this.#decoder.decode(rows, this.parameters, options);
  }

  /** Log-probability (and entropy) of every response token under the policy, or under its reference. */
  async analyze(
    sequences: readonly TokenSequence[],
    { temperature, reference = false, entropy = false, step, signal }: AnalyzeOptions,
  ): Promise<Analysis> {
    const off = reference && this.#reference === "base";
    const parameters = reference && this.#reference !== "base" ? this.#reference : this.parameters;
    const values = this.shared && !reference;
    const masks = this.#dropout && step !== undefined && !reference ? { dropout: this.#dropout, step } : null;
    const merge = masks ? this.#trained.merge : this.#merge;
    const { config } = this.base;
    const from = firstLayer(sequences, this.#frozen);
    const evaluation = {
      ...this.#evaluation({ entropy, values, masked: masks !== null, from }),
      parameters: [parameters, await merge.merge(parameters, off ? 0 : 1)],
      masks,
      prepare: (rows: readonly TokenSequence[], least: number) => {
        const batch = tokenBatch(rows, least);
        const feeds = new Feeds(this.base.runtime)
          .batch(batch)
          .hidden(rows, { from, columns: batch.columns, width: config.hidden_size })
          .scalar("inverse_temperature", 1 / temperature)
          .scalar("adapter_scale", off ? 0 : 1);
        return { feeds, columns: batch.columns };
      },
      width: config.vocab_size,
      byLength: true,
    };
    const runs = await evaluate(this.#sessions, evaluation, sequences, { signal });
    const each = (name: string) =>
      inOrder(
        runs,
        (part, outputs) => unpack(outputs[name]!, part.map(({ response_ids }) => response_ids.length)),
      );
    return {
      logprobs: each("logprobs"),
      ...(entropy && { entropy: each("entropy") }),
      ...(values && { values: each("values") }),
    };
  }

  /**
   * Log-probability of every response token, and the most likely tokens in its place. The head runs over slices of the
   * hidden states, so what it takes does not grow with a sequence. Who asks while another is answered waits: both merge
   * the adapter into the same weights.
   */
  likelihoods(
    sequences: readonly TokenSequence[],
    options: { temperature: number; signal?: AbortSignal },
  ): Promise<Likelihoods[]> {
    const answer = this.#asked.then(() => this.#likelihoods(sequences, options));
    this.#asked = answer.catch(() => {});
    return answer;
  }

  async #likelihoods(
    sequences: readonly TokenSequence[],
    { temperature, signal }: { temperature: number; signal?: AbortSignal },
  ): Promise<Likelihoods[]> {
    signal?.throwIfAborted();
    const { config } = this.base;
    const evaluation = {
      name: "hidden",
      artifact: (options: AttentionOptions) => builtGraphs.hidden(config, this.tuning, options),
      parameters: [this.parameters, await this.#merge.merge(this.parameters, 1)],
      prepare: (rows: readonly TokenSequence[], least: number) => {
        const batch = tokenBatch(rows, least);
        const feeds = new Feeds(this.base.runtime).batch(batch).scalar("adapter_scale", 1);
        return { feeds, columns: batch.columns };
      },
      width: config.hidden_size,
    };
    const head = this.tuning.type === "lora" ? { ...this.tuning, type: "none" as const } : this.tuning;
    const found: Likelihoods[] = [];
    for (const { part, outputs } of await evaluate(this.#sessions, evaluation, sequences, { signal })) {
      const hidden = { values: outputs.hidden!, width: config.hidden_size };
      const targets = part.flatMap(({ response_ids }) => Array.from(response_ids));
      const options = { tuning: head, parameters: this.parameters, temperature, signal };
      const all = await headLikelihoods(this.#sessions, hidden, targets, options);
      let at = 0;
      for (const { response_ids: { length } } of part) {
        found.push({ logprobs: all.logprobs.slice(at, at + length), top: all.top.slice(at, at + length) });
        at += length;
      }
    }
    return found;
  }

  /** Adds one micro-batch's gradient of the loss to `optimizer`'s, with a term of the KL where there is `kl`. Gives its statistics. */
  async train(
    examples: readonly PolicyExample[],
    config: PolicyLossConfig,
    optimizer: Optimizer,
    { tokenWeight, first, step, signal, kl = null }: TrainOptions & { kl?: KlLossConfig | null },
  ): Promise<Deferred<StatSums & { tokens: number }>> {
    const { config: model } = this.base;
    const from = firstLayer(examples, this.#frozen);
    const training = this.#trainingFrom(from, config, optimizer, kl);
    const prepare = (rows: readonly PolicyExample[], least: number) => {
      const batch = tokenBatch(rows, least);
      const vector = (key: "logprobs" | "ref_logprobs" | "advantages") => pack(rows.map((row) => row[key]!));
      const feeds = new Feeds(this.base.runtime)
        .batch(batch)
        .hidden(rows, { from, columns: batch.columns, width: model.hidden_size })
        .scalar("inverse_temperature", 1 / config.temperature)
        .scalar("adapter_scale", 1)
        .vector("weights", tokenWeights(rows, tokenWeight))
        .vector("old_logprobs", vector("logprobs"))
        .vector("advantages", vector("advantages"))
        .scalar("clip_low", 1 - config.clip_epsilon)
        .scalar("clip_high", 1 + (config.clip_epsilon_high ?? config.clip_epsilon))
        .scalar("dual_clip", config.dual_clip ?? UNBOUNDED)
        .scalar("entropy_coef", config.entropy_coef);
      if (kl) feeds.vector("ref_logprobs", vector("ref_logprobs")).scalar("kl_coef", kl.coef);
      if (this.shared) feedValueLoss(feeds, rows, config).scalar("value_coef", config.vf_coef);
      return { feeds, columns: batch.columns };
    };
    const sums = await training.run(examples, prepare, { first, step, signal });
    const tokens = examples.reduce((sum, { response_ids }) => sum + response_ids.length, 0);
    return new Deferred(sums, () => {
      const { policy_stats, kl_stats, value_stats } = sums.read();
      return {
        tokens,
        ...named(POLICY_STATS, policy_stats!),
        ...(kl && named(KL_STATS, kl_stats!)),
        ...(this.shared && named(VALUE_STATS, value_stats!)),
      };
    });
  }

  /** Loads what `analyze` will need of rows that are not there yet. */
  loadAnalysis(
    rows: ExpectedRows,
    { reference = false, entropy = false, step }: Pick<AnalyzeOptions, "reference" | "entropy" | "step"> = {},
  ): Promise<void> {
    const graph = {
      entropy,
      values: this.shared && !reference,
      masked: this.#dropout !== null && step !== undefined && !reference,
      from: firstExpectedLayer(rows, this.#frozen),
    };
    return loadEvaluation(this.#sessions, this.#evaluation(graph), rows);
  }

  /** Loads what `train` will need of a micro-batch of rows that are not there yet. */
  loadTraining(
    rows: ExpectedRows,
    config: PolicyLossConfig,
    optimizer: Optimizer,
    { kl = null }: { kl?: KlLossConfig | null } = {},
  ): Promise<void> {
    return this.#trainingFrom(firstExpectedLayer(rows, this.#frozen), config, optimizer, kl).load(rows);
  }

  #evaluation(
    { entropy, values, masked, from }: { entropy: boolean; values: boolean; masked: boolean; from: number },
  ): EvaluationGraph {
    const tuning = masked ? this.#trained.tuning : this.tuning;
    return {
      name: `policy_eval:${entropy}:${values}:${masked}:${from}`,
      artifact: (options) =>
        builtGraphs.policyEval(this.base.config, tuning, { entropy, values, from, ...options }),
    };
  }

  #trainingFrom(
    from: number,
    { entropy_coef }: PolicyLossConfig,
    { gradients }: Optimizer,
    kl: KlLossConfig | null,
  ): TrainingGraph {
    const graph = { values: this.shared, entropyBonus: entropy_coef !== 0, kl: kl?.estimator, from };
    const training = this.#training.get(from) ?? new TrainingGraph(
      this.#sessions,
      `policy_training:${graph.entropyBonus}:${graph.kl}:${from}`,
      (options) =>
        builtGraphs.policyTraining(this.base.config, this.#trained.tuning, { ...graph, ...options }),
      { merge: this.#trained.merge, parameters: this.parameters, gradients, dropout: this.#dropout },
    );
    this.#training.set(from, training);
    return training;
  }

  /** Frees its sessions and merged weights, which whoever asks next makes anew; the parameters stay. */
  rest(): void {
    this.#sessions.dispose();
    for (const training of this.#training.values()) training.dispose();
    this.#training.clear();
    this.#merge.dispose();
    this.#trained.merge.dispose();
    this.#decoder.dispose();
  }

  /** Frees its sessions and parameters, the reference's too; the base stays. */
  dispose(): void {
    this.rest();
    this.parameters.dispose();
    this.#dropout?.dispose();
    if (this.#reference !== "base") this.#reference.dispose();
  }
}

/** What each token counts in the loss, in the order that a batch packs them. */
export function tokenWeights(
  rows: readonly TokenSequence[],
  tokenWeight: (length: number) => number,
): Float32Array<ArrayBuffer> {
  return pack(
    rows.map(({ response_ids: { length } }) => new Float32Array(length).fill(tokenWeight(length))),
  );
}

/** Adds the value loss's inputs. @throws {TypeError} for a row without values */
export function feedValueLoss(
  feeds: Feeds,
  rows: readonly ValueExample[],
  { cliprange_value }: { cliprange_value: number | null },
): Feeds {
  const vector = (key: "values" | "returns") =>
    pack(rows.map((row) => {
      const values = row[key];
      if (!values) throw new TypeError(`Cannot train values on a row without ${key}`);
      return values;
    }));
  return feeds
    .vector("old_values", vector("values"))
    .vector("returns", vector("returns"))
    .scalar("value_clip", cliprange_value ?? UNBOUNDED);
}

/** A vector of statistics by name. */
export function named<const Name extends string>(
  names: readonly Name[],
  values: Float32Array,
): Record<Name, number> {
  return Object.fromEntries(names.map((name, index) => [name, values[index]!])) as Record<Name, number>;
}
