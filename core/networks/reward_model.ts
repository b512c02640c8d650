/** A sequence classifier with one label: the score of each sequence, read at its last token, whatever its id. */
import type { AttentionOptions } from "../../kernels/artifacts.ts";
import { UserError } from "../errors.ts";
import { Tensor } from "../ort/tensor.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { builtGraphs } from "../run/built_graphs.ts";
import { Feeds } from "../run/feeds.ts";
import { evaluate, type PreparedRun, type RunOptions } from "../run/graph_runner.ts";
import { heldBy } from "../weights/parameter_layout.ts";
import { SessionCache } from "../run/session_cache.ts";
import { int64s, type TokenSequence } from "../run/token_batch.ts";

export class RewardModel {
  readonly base: BaseModel;
  readonly #sessions: SessionCache;

  /** @throws {UserError} `unsupported_model` when the folder is not a classifier with one label */
  constructor(base: BaseModel) {
    const { task, num_labels } = base.info;
    if (task !== "sequence_classifier" || num_labels !== 1) {
      throw new UserError(
        "unsupported_model",
        `Expected a sequence classifier with 1 label as reward model, got a ${task} with ${
          num_labels ?? "no"
        } labels`,
      );
    }
    this.base = base;
    this.#sessions = new SessionCache(base);
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
      artifact: (options: AttentionOptions) =>
        builtGraphs.score(this.base.config, heldBy(this.base, { type: "none" }), options),
      parameters: [],
      prepare: (rows: readonly TokenSequence[], least: number) =>
        this.#prepare(rows.map(({ prompt_ids }) => prompt_ids), least),
      width: this.base.config.hidden_size,
    };
    const rows = sequences.map((ids) => ({ prompt_ids: ids, response_ids: [] }));
    const runs = await evaluate(this.#sessions, evaluation, rows, { signal });
    return Float32Array.from(runs.flatMap(({ outputs }) => [...outputs.scores!]));
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
      .tensor("positions", Tensor.onHost(runtime, "int64", [rows.length], last.array));
    return { feeds, columns };
  }

  /** Frees its sessions and its base. */
  dispose(): void {
    this.#sessions.dispose();
    this.base.dispose();
  }
}
