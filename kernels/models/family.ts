/**
 * The form of a row of the table of model families: how token ids become hidden states, and what the weights on the
 * way are called. Graphs and files ask the row; nothing else knows a family by name.
 */
import type { Builder } from "../graph/builder.ts";
import type { Dim, Value } from "../graph/value.ts";
import type { Attention } from "../nn/attend.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { ModelConfig } from "./model_config.ts";

/** What all parts of a trunk are built with. */
export interface TrunkParts {
  readonly g: Builder;
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly attention: Attention;
}

/** Which layer is built, and of what. */
export interface LayerOptions {
  /** From 0. */
  readonly layer: number;
  /** Rows and columns of its batch: its input is [B·S,H]. */
  readonly batch: readonly [B: Dim, S: Dim];
  /** Picks what is gone on with after the layer's attention, of its input and of what attention gave. */
  readonly needed: (of: Value) => Value;
}

/** A linear of a layer, by its path below it. */
export interface LayerLinear {
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
}

export interface Family {
  /** What goes into the first layer, [B·S,H], of ids [B,S]. */
  readonly embed: (parts: TrunkParts, ids: Value) => Value;
  /** What comes out of a layer, of what goes in. */
  readonly layer: (parts: TrunkParts, x: Value, options: LayerOptions) => Value;
  /** What is done behind the last layer, before any head. */
  readonly finalNorm: (parts: TrunkParts, x: Value) => Value;
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
