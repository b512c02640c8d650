/** The linears of a model's layers: module path, sizes and bias, in the order they run. */
import { type LoraForm, type Precision, weightShape } from "../nn/parameters.ts";
import type { AdapterSpec } from "./adapter_spec.ts";
import { familyOf } from "./families.ts";
import type { ModelConfig } from "./model_config.ts";

export interface Linear {
  readonly module: string;
  /** The layer it is in, from 0. */
  readonly layer: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
  /** The weight is [in,out] instead of [out,in]. */
  readonly fanInFanOut: boolean;
  readonly weightShape: readonly [number, number];
}

/** Every linear of the model's layers, layer by layer. */
export function linears(config: ModelConfig): Linear[] {
  const family = familyOf(config);
  const rows = family.linears(config).map((row) => ({ ...row, fanInFanOut: family.fanInFanOut }));
  return Array.from(
    { length: config.num_hidden_layers },
    (_, layer) =>
      rows.map(({ path, ...row }) => ({
        ...row,
        layer,
        module: `${family.layers}.${layer}.${path}`,
        weightShape: weightShape(row.inFeatures, row),
      })),
  ).flat();
}

/** How many weights the linears have, or those among `modules`. */
export function linearWeights(config: ModelConfig, modules?: { has(module: string): boolean }): number {
  return linears(config).filter(({ module }) => modules?.has(module) ?? true)
    .reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
}

/**
 * Adapted weights up to which an adapter is merged before a call's runs: that reads and writes them all, which is little
 * beside a batch of activations. Of larger models it is more, and the merged copy is memory too (docs/performance.md).
 */
const MAX_MERGED = 16e6;

/**
 * How sampling, evaluation and training apply this adapter: the same way, or ratios would not begin at 1. It cannot be
 * merged into codes, and what 16 bits hold beside a weight is too little to learn. With dropout it sees another input than
 * the weight does.
 */
export function adapterForm(
  config: ModelConfig,
  { adapter, precision = "float32", dropout = false }: {
    adapter: AdapterSpec;
    precision?: Precision;
    dropout?: boolean;
  },
): LoraForm {
  const mergeable = precision === "float32" && !dropout;
  return mergeable && linearWeights(config, adapter) <= MAX_MERGED ? "merged" : "added";
}
