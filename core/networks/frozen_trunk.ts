/**
 * The layers of a base below the first that is trained. What comes out of them is the same all through a job, so it is
 * computed once for sequences that several networks, or several passes, begin with.
 */
import { HIDDEN, type Tuning } from "../../kernels/artifacts.ts";
import { frozenLayers } from "../../kernels/models/trained_layers.ts";
import { builtGraphs } from "../run/built_graphs.ts";
import { Feeds } from "../run/feeds.ts";
import type { ExpectedRows } from "../run/expected_rows.ts";
import {
  evaluate,
  type EvaluationGraph,
  inOrder,
  loadEvaluation,
  type RunOptions,
} from "../run/graph_runner.ts";
import { SessionCache } from "../run/session_cache.ts";
import { type HiddenStates, tokenBatch, type TokenSequence } from "../run/token_batch.ts";
import type { BaseModel } from "../weights/base_model.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";

/** The layers that networks of these tunings begin with, ascending, but for the first, where nothing lies below. */
export function trunkLayers(config: ModelConfig, tunings: readonly Tuning[]): number[] {
  const layers = tunings.map((tuning) => frozenLayers(config, tuning))
    .filter((layer) => layer > 0 && layer < config.num_hidden_layers);
  return [...new Set(layers)].sort((a, b) => a - b);
}

/** Bytes of the hidden states of rows of so many columns, each kept for so many layers. */
export function hiddenBytes(
  { hidden_size }: ModelConfig,
  { rows, columns, layers }: { rows: number; columns: number; layers: number },
): number {
  return 4 * rows * columns * hidden_size * layers;
}

export class FrozenTrunk {
  readonly base: BaseModel;
  /** Those that networks begin with, whose hidden states `run` gives. */
  readonly layers: readonly number[];
  readonly #sessions: SessionCache;

  private constructor(base: BaseModel, layers: readonly number[]) {
    this.base = base;
    this.layers = layers;
    this.#sessions = new SessionCache(base);
  }

  /** Below what networks of these tunings train; null where each begins with the embedding. */
  static below(base: BaseModel, tunings: readonly Tuning[]): FrozenTrunk | null {
    const layers = trunkLayers(base.config, tunings);
    return layers.length > 0 ? new FrozenTrunk(base, layers) : null;
  }

  /** The sequences with what goes into each network's first trained layer. */
  async run<Sequence extends TokenSequence>(
    sequences: readonly Sequence[],
    { signal }: Pick<RunOptions, "signal"> = {},
  ): Promise<(Sequence & { hidden: HiddenStates })[]> {
    const { config, runtime } = this.base;
    const evaluation = {
      ...this.#graph(),
      parameters: [],
      prepare: (rows: readonly Sequence[], least: number) => {
        const batch = tokenBatch(rows, least);
        return { feeds: new Feeds(runtime).batch(batch), columns: batch.columns };
      },
      width: config.intermediate_size,
      byLength: true,
    };
    const runs = await evaluate(this.#sessions, evaluation, sequences, { signal });
    return inOrder(
      runs,
      (part, outputs) =>
        part.map((sequence, row) => ({
          ...sequence,
          hidden: this.#ofRow(outputs, part.length, row, sequence),
        })),
    );
  }

  /** Loads what `run` will need of rows that are not there yet. */
  load(rows: ExpectedRows): Promise<void> {
    return loadEvaluation(this.#sessions, this.#graph(), rows);
  }

  #graph(): EvaluationGraph {
    const { config, precision, runtime } = this.base;
    const graph = { layers: this.layers, precision, target: runtime.target };
    return {
      name: "trunk",
      artifact: ({ blocks }) => builtGraphs.trunk(config, { ...graph, blocks }),
    };
  }

  /** Gives the sequences that have no hidden states theirs. */
  async fill(
    sequences: readonly (TokenSequence & { hidden?: HiddenStates })[],
    options: Pick<RunOptions, "signal"> = {},
  ): Promise<void> {
    const missing = sequences.filter(({ hidden }) => hidden === undefined);
    if (missing.length === 0) return;
    const found = await this.run(missing, options);
    missing.forEach((sequence, at) => sequence.hidden = found[at]!.hidden);
  }

  /** What a run of so many rows gave for one of them, without its padding. */
  #ofRow(
    outputs: Record<string, Float32Array>,
    rows: number,
    row: number,
    { prompt_ids, response_ids }: TokenSequence,
  ): HiddenStates {
    const size = (prompt_ids.length + response_ids.length - 1) * this.base.config.hidden_size;
    return new Map(this.layers.map((layer) => {
      const all = outputs[HIDDEN + layer]!;
      const start = row * all.length / rows;
      return [layer, all.slice(start, start + size)];
    }));
  }

  /** Frees its sessions, which are made anew when asked for. */
  rest(): void {
    this.#sessions.dispose();
  }
}
