/** A value network of its own: an adapter (or weights) and a scalar head on the same frozen base as the policy. */
import type { Tuning } from "../../kernels/artifacts.ts";
import { VALUE_STATS } from "../../kernels/losses/value_loss.ts";
import { frozenLayers } from "../../kernels/models/trained_layers.ts";
import { AdapterMerge } from "../run/adapter_merge.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { builtGraphs } from "../run/built_graphs.ts";
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
import { feedValueLoss, named, tokenWeights, type TrainOptions, type ValueExample } from "./policy.ts";
import { tokenBatch, type TokenSequence, unpack } from "../run/token_batch.ts";
import { Deferred } from "../run/deferred.ts";

export class ValueNetwork {
  readonly base: BaseModel;
  readonly parameters: ParameterSet;
  readonly #sessions: SessionCache;
  readonly #tuning: Tuning;
  readonly #merge: AdapterMerge;
  readonly #dropout: LoraDropout | null;
  /** What its graphs with dropout are built with; without it, what all are. */
  readonly #trained: { tuning: Tuning; merge: AdapterMerge };
  /** As in a policy. */
  readonly #frozen: number;
  readonly #training = new Map<number, TrainingGraph>();

  /** @param dropout of its adapter, while it is trained; it becomes the network's own */
  constructor(
    base: BaseModel,
    tuning: Tuning,
    parameters: ParameterSet,
    { dropout = null }: { dropout?: LoraDropout | null } = {},
  ) {
    this.base = base;
    this.parameters = parameters;
    this.#sessions = new SessionCache(base);
    this.#tuning = heldBy(base, tuning);
    this.#merge = new AdapterMerge(this.#sessions, this.#tuning);
    this.#dropout = dropout;
    const trained = withDropout(this.#tuning, dropout?.rate ?? 0);
    this.#trained = {
      tuning: trained,
      merge: dropout ? new AdapterMerge(this.#sessions, trained) : this.#merge,
    };
    this.#frozen = frozenLayers(base.config, tuning);
  }

  /** V of the state before each response token, a row per sequence. Without a step nothing is dropped. */
  async analyze(
    sequences: readonly TokenSequence[],
    { step, signal }: RunOptions = {},
  ): Promise<Float32Array[]> {
    const { config } = this.base;
    const masks = this.#dropout && step !== undefined ? { dropout: this.#dropout, step } : null;
    const merge = masks ? this.#trained.merge : this.#merge;
    const from = firstLayer(sequences, this.#frozen);
    const evaluation = {
      ...this.#evaluation({ masked: masks !== null, from }),
      parameters: [this.parameters, await merge.merge(this.parameters)],
      masks,
      prepare: (rows: readonly TokenSequence[], least: number) => {
        const batch = tokenBatch(rows, least);
        const feeds = new Feeds(this.base.runtime)
          .batch(batch)
          .hidden(rows, { from, columns: batch.columns, width: config.hidden_size })
          .scalar("adapter_scale", 1);
        return { feeds, columns: batch.columns };
      },
      width: config.intermediate_size,
      byLength: true,
    };
    const runs = await evaluate(this.#sessions, evaluation, sequences, { signal });
    return inOrder(
      runs,
      (part, outputs) => unpack(outputs.values!, part.map(({ response_ids }) => response_ids.length)),
    );
  }

  /** Adds one micro-batch's gradient of the value loss to `optimizer`'s, as `Policy.train` does. */
  async train(
    examples: readonly ValueExample[],
    config: { cliprange_value: number | null },
    optimizer: Optimizer,
    { tokenWeight, first, step, signal }: TrainOptions,
  ): Promise<Deferred<Record<(typeof VALUE_STATS)[number], number>>> {
    const { config: model } = this.base;
    const from = firstLayer(examples, this.#frozen);
    const training = this.#trainingFrom(from, optimizer);
    const prepare = (rows: readonly ValueExample[], least: number) => {
      const batch = tokenBatch(rows, least);
      const feeds = new Feeds(this.base.runtime)
        .batch(batch)
        .hidden(rows, { from, columns: batch.columns, width: model.hidden_size })
        .scalar("adapter_scale", 1)
        .vector("weights", tokenWeights(rows, tokenWeight));
      return { feeds: feedValueLoss(feeds, rows, config), columns: batch.columns };
    };
    const sums = await training.run(examples, prepare, { first, step, signal });
    return new Deferred(sums, () => named(VALUE_STATS, sums.read().value_stats!));
  }

  /** Loads what `analyze` will need of rows that are not there yet. */
  loadAnalysis(rows: ExpectedRows, { step }: Pick<RunOptions, "step"> = {}): Promise<void> {
    const masked = this.#dropout !== null && step !== undefined;
    const from = firstExpectedLayer(rows, this.#frozen);
    return loadEvaluation(this.#sessions, this.#evaluation({ masked, from }), rows);
  }

  /** Loads what `train` will need of a micro-batch of rows that are not there yet. */
  loadTraining(rows: ExpectedRows, optimizer: Optimizer): Promise<void> {
    return this.#trainingFrom(firstExpectedLayer(rows, this.#frozen), optimizer).load(rows);
  }

  #evaluation({ masked, from }: { masked: boolean; from: number }): EvaluationGraph {
    const tuning = masked ? this.#trained.tuning : this.#tuning;
    return {
      name: `value_eval:${masked}:${from}`,
      artifact: (options) => builtGraphs.valueEval(this.base.config, tuning, { from, ...options }),
    };
  }

  #trainingFrom(from: number, { gradients }: Optimizer): TrainingGraph {
    const training = this.#training.get(from) ?? new TrainingGraph(
      this.#sessions,
      `value_training:${from}`,
      (options) => builtGraphs.valueTraining(this.base.config, this.#trained.tuning, { from, ...options }),
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
  }

  /** Frees its sessions and parameters; the base stays. */
  dispose(): void {
    this.rest();
    this.parameters.dispose();
    this.#dropout?.dispose();
  }
}
