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

/** An adapter of one rank and scale on the linears whose last name part is in `targets`; all of them by default. */
export function uniformAdapter(
  config: ModelConfig,
  lora: LoraModule,
  targets?: readonly string[],
): AdapterSpec {
  const chosen = linears(config).filter(({ module }) =>
    targets === undefined || targets.includes(module.slice(module.lastIndexOf(".") + 1))
  );
  return new Map(chosen.map(({ module }) => [module, lora]));
}
