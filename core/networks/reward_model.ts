/**
 * A sequence classifier with one label: the score of each sequence, read at its last token, whatever its id. It is a folder
 * of that kind, or a language model's trunk with a head that is trained here, and perhaps an adapter.
 */
import { type AttentionOptions, type GradientOptions, type Tuning } from "../../kernels/artifacts.ts";
import { PREFERENCE_STATS } from "../../kernels/losses/preference_loss.ts";
import type { Normalization } from "../contract/checkpoint.ts";
import { UserError } from "../errors.ts";
import { Tensor } from "../ort/tensor.ts";
import { AdapterMerge } from "../run/adapter_merge.ts";
import { Deferred } from "../run/deferred.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { builtGraphs } from "../run/built_graphs.ts";
import { Feeds } from "../run/feeds.ts";
import { evaluate, inOrder, type PreparedRun, type RunOptions, TrainingGraph } from "../run/graph_runner.ts";
import { LoraDropout, type NumberedRow, withDropout } from "../run/lora_dropout.ts";
import { heldBy } from "../weights/parameter_layout.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";
import { SessionCache } from "../run/session_cache.ts";
import { int64s, type TokenSequence } from "../run/token_batch.ts";
import type { Optimizer } from "./optimizer.ts";
import { named } from "./policy.ts";

/** What makes a language model's trunk a reward model. */
export interface TrainedReward {
  tuning: Tuning;
  /** An adapter's, or all weights but a language model's head; a classifier's head last. */
  parameters: ParameterSet;
  /** What scores are told by; raw without it. */
  normalization?: Normalization | null;
  /** The part of the adapter's input that is dropped in training, and what its masks are drawn by; nothing by default. */
  dropout?: { rate: number; seed: number };
}

/** Two answers to compare, which stay in one run. */
export interface PreferencePair {
  readonly sequences: readonly [chosen: TokenSequence & NumberedRow, rejected: TokenSequence & NumberedRow];
  /** By how much the chosen one's score should be the higher. */
  readonly margin: number;
}

/** Stands behind a sequence for the score, which is read at the sequence's last token: a token that nothing reads. */
const SCORE = Int32Array.of(0);

/**
 * A pair of whole sequences of ids.
 *
 * @param at its number in the batch of its step
 */
export function preferencePair(
  { chosen, rejected, margin }: {
    chosen: ArrayLike<number>;
    rejected: ArrayLike<number>;
    margin: number;
  },
  at: number,
): PreferencePair {
  const scored = (ids: ArrayLike<number>, row: number) => ({ prompt_ids: ids, response_ids: SCORE, row });
  return { sequences: [scored(chosen, 2 * at), scored(rejected, 2 * at + 1)], margin };
}

/** Sums over pairs. */
export type PreferenceSums = Record<(typeof PREFERENCE_STATS)[number], number>;

export class RewardModel {
  readonly base: BaseModel;
  readonly #sessions: SessionCache;
  readonly #tuning: Tuning;
  readonly #merge: AdapterMerge;
  readonly #parameters: ParameterSet | null;
  readonly #scale: { gain: number; bias: number };
  readonly #dropout: TrainedReward["dropout"];
  #masks: LoraDropout | null = null;
  #training: TrainingGraph | undefined;

  /**
   * @param trained on the trunk of a language model; null for a folder that is a classifier
   * @throws {UserError} `unsupported_model` when the folder is not a classifier with one label, or no language model
   */
  constructor(base: BaseModel, trained: TrainedReward | null = null) {
    const { task, num_labels, score_bias } = base.info;
    if (trained ? task !== "causal_lm" : task !== "sequence_classifier" || num_labels !== 1) {
      const expected = trained ? "a language model" : "a sequence classifier with 1 label as reward model";
      throw new UserError(
        "unsupported_model",
        `Expected ${expected}, got a ${task} with ${num_labels ?? "no"} labels`,
      );
    }
    this.base = base;
    this.#sessions = new SessionCache(base);
    this.#tuning = heldBy(base, trained?.tuning ?? { type: "none" });
    this.#merge = new AdapterMerge(this.#sessions, this.#tuning);
    this.#parameters = trained?.parameters ?? null;
    this.#dropout = trained?.dropout;
    const { mean, std } = trained?.normalization ?? { mean: 0, std: 1 };
    this.#scale = trained ? { gain: 1 / std, bias: -mean / std } : { gain: 1, bias: score_bias };
  }

  /**
   * Scores of sequences of token ids, each at least one token, float32 (B).
   *
   * @throws {UserError} `prompt_too_long` for a sequence longer than the model's context, `invalid_token_id` for one
   * with an id that the model has no embedding for
   */
  async score(sequences: readonly ArrayLike<number>[], { signal }: RunOptions = {}): Promise<Float32Array> {
    const context = this.base.config.max_position_embeddings;
    const tooLong = sequences.find(({ length }) => length > context);
    if (tooLong) {
      throw new UserError(
        "prompt_too_long",
        `Expected at most the reward model's context of ${context} tokens, got ${tooLong.length}`,
      );
    }
    const { vocab_size } = this.base.config;
    for (const ids of sequences) {
      const unknown = Array.prototype.find.call(ids, (id: number) => id >= vocab_size);
      if (unknown === undefined) continue;
      throw new UserError(
        "invalid_token_id",
        `Expected token ids below the reward model's vocabulary of ${vocab_size}, got ${unknown}`,
      );
    }
    const evaluation = {
      name: "score",
      artifact: (options: AttentionOptions) => builtGraphs.score(this.base.config, this.#tuning, options),
      parameters: [this.#parameters, await this.#merge.merge(this.#parameters)],
      prepare: (rows: readonly TokenSequence[], least: number) =>
        this.#prepare(rows.map(({ prompt_ids }) => prompt_ids), least),
      width: this.base.config.hidden_size,
      byLength: true,
    };
    const rows = sequences.map((ids) => ({ prompt_ids: ids, response_ids: [] }));
    const runs = await evaluate(this.#sessions, evaluation, rows, { signal });
    const { gain, bias } = this.#scale;
    const scores = inOrder(runs, (_, outputs) => [...outputs.scores!]);
    return Float32Array.from(scores, (raw) => gain * raw + bias);
  }

  /**
   * Adds one micro-batch's gradient of the preference loss, whose every pair weighs 1/`stepPairs`, to `optimizer`'s. Gives
   * its statistics.
   *
   * @param stepPairs pairs of the whole optimizer step
   * @param first whether this micro-batch is the step's first
   * @param step of the job, which decides what dropout drops
   */
  async train(
    pairs: readonly PreferencePair[],
    { center_coef }: { center_coef: number },
    optimizer: Optimizer,
    { stepPairs, first, step, signal }: { stepPairs: number; first: boolean; step: number } & RunOptions,
  ): Promise<Deferred<PreferenceSums>> {
    this.#training ??= this.#trainingGraph(optimizer);
    const prepare = (part: readonly PreferencePair[], least: number) => {
      const rows = part.flatMap(({ sequences }) => sequences.map(({ prompt_ids }) => prompt_ids));
      const prepared = this.#prepare(rows, least);
      prepared.feeds
        .integers("chosen", part.map((_, pair) => 2 * pair))
        .integers("rejected", part.map((_, pair) => 2 * pair + 1))
        .vector("margins", Float32Array.from(part, ({ margin }) => margin))
        .vector("weights", new Float32Array(part.length).fill(1 / stepPairs))
        .scalar("center_coef", center_coef);
      return prepared;
    };
    const sums = await this.#training.run(pairs, prepare, { first, step, signal });
    return new Deferred(sums, () => named(PREFERENCE_STATS, sums.read().preference_stats!));
  }

  #trainingGraph({ parameters, gradients }: Optimizer): TrainingGraph {
    const { rate, seed } = this.#dropout ?? { rate: 0, seed: 0 };
    const tuning = withDropout(this.#tuning, rate);
    this.#masks = LoraDropout.of(this.base, tuning, { rate, seed, network: "policy" });
    return new TrainingGraph(
      this.#sessions,
      "reward_training",
      (options: GradientOptions) => builtGraphs.rewardTraining(this.base.config, tuning, options),
      // What drops nothing may share the weights that scores are computed with.
      {
        merge: this.#masks ? new AdapterMerge(this.#sessions, tuning) : this.#merge,
        parameters,
        gradients,
        dropout: this.#masks,
      },
    );
  }

  #prepare(rows: readonly ArrayLike<number>[], least: number): PreparedRun {
    const columns = Math.max(least, ...rows.map(({ length }) => length));
    const ids = int64s(rows.length * columns);
    const last = int64s(rows.length);
    rows.forEach((row, at) => {
      for (let s = 0; s < row.length; s++) ids.words[2 * (at * columns + s)] = row[s]!;
      // Not the last that differs from the padding's id: where that is the end of sequence's, the end would be missed.
      last.words[2 * at] = at * columns + row.length - 1;
    });
    const { runtime } = this.base;
    const feeds = new Feeds(runtime)
      .tensor("ids", Tensor.onHost(runtime, "int64", [rows.length, columns], ids.array))
      .tensor("positions", Tensor.onHost(runtime, "int64", [rows.length], last.array))
      .scalar("adapter_scale", 1);
    return { feeds, columns };
  }

  /** Frees its sessions and merged weights, which whoever asks next makes anew; parameters and base stay. */
  rest(): void {
    this.#sessions.dispose();
    this.#training?.dispose();
    this.#training = undefined;
    this.#masks?.dispose();
    this.#masks = null;
    this.#merge.dispose();
  }

  /** Frees its sessions, parameters and base. */
  dispose(): void {
    this.rest();
    this.#parameters?.dispose();
    this.base.dispose();
  }
}
