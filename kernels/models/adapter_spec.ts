/** Which linears of a model carry a low-rank adapter, and how strong each is. */
import type { ModelConfig } from "./model_config.ts";
import { linears } from "./linears.ts";

export interface LoraModule {
  r: number;
  /** α/r (α/√r for rsLoRA): what the product B·A is multiplied by. */
  scale: number;
}

/** Adapter modules by module path (`model.layers.0.self_attn.q_proj`). */
export type AdapterSpec = ReadonlyMap<string, LoraModule>;

/** Which linears an adapter is for: all by default. */
export interface AdapterPlaces {
  /** Last parts of their names. */
  targets?: readonly string[];
  /** Layers they are in, from 0. */
  layers?: readonly number[];
}

/** An adapter of one rank and scale on some of a model's linears. */
export function uniformAdapter(
  config: ModelConfig,
  lora: LoraModule,
  { targets, layers }: AdapterPlaces = {},
): AdapterSpec {
  const chosen = linears(config).filter(({ module, layer }) =>
    (targets?.includes(module.slice(module.lastIndexOf(".") + 1)) ?? true) &&
    (layers?.includes(layer) ?? true)
  );
  return new Map(chosen.map(({ module }) => [module, lora]));
}
