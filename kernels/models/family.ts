/**
 * The form of a row of the table of model families: how token ids become hidden states, and what the weights on the
 * way are called. Graphs and files ask the row; nothing else knows a family by name.
 */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import type { Attention } from "../nn/attend.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { ModelConfig } from "./model_config.ts";

/**
 * Final-normed hidden states [N,H] of ids [B,S] at `rows` [N], distinct flat indices b·S + s. The last layer needs
 * keys and values of every column but everything after its attention only at those rows, so they are picked there.
 */
export type Trunk = (
  g: Builder,
  config: ModelConfig,
  parameters: Parameters,
  ids: Value,
  rows: Value,
  attention: Attention,
) => Value;

/** A linear of a layer, by its path below it. */
export interface LayerLinear {
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
}

export interface Family {
  readonly trunk: Trunk;
  /** What stands before the names of the trunk's weights; files that hold nothing but a trunk may leave it out. */
  readonly prefix: string;
  /** Name of the embedding matrix [V,H]. */
  readonly embedding: string;
  /** Path of the layers; a layer's number follows. */
  readonly layers: string;
  /** Linears of one layer, in the order they run. */
  readonly linears: (config: ModelConfig) => readonly LayerLinear[];
  /** The linears' weights are [in,out] instead of [out,in]. */
  readonly fanInFanOut: boolean;
}
