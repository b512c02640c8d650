/** The linears of a model's layers: module path, sizes and bias, in the order they run. */
import { weightShape } from "../nn/parameters.ts";
import { familyOf } from "./families.ts";
import type { ModelConfig } from "./model_config.ts";

export interface Linear {
  readonly module: string;
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
        module: `${family.layers}.${layer}.${path}`,
        weightShape: weightShape(row.inFeatures, row),
      })),
  ).flat();
}
