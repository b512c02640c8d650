/** Which layers of a model something is trained in, by what the graphs are built with. */
import type { AdapterSpec } from "./adapter_spec.ts";
import { familyOf } from "./families.ts";
import type { ModelConfig } from "./model_config.ts";

/** What is trained: an adapter, all weights, those of some layers, or nothing. */
export type Trained =
  | { readonly type: "lora"; readonly adapter: AdapterSpec }
  | { readonly type: "full"; readonly layers?: readonly number[] }
  | { readonly type: "none" };

/** The layer, from 0, that the weight or linear of this name is of; null for what is outside of them. */
export function layerOf(config: ModelConfig, name: string): number | null {
  const path = `${familyOf(config).layers}.`;
  if (!name.startsWith(path)) return null;
  return Number(name.slice(path.length).split(".", 1));
}

/**
 * How many layers there are, from the first on, that training changes nothing in nor below: what comes out of them stays as
 * it is. 0 where the embedding is trained.
 */
export function frozenLayers(config: ModelConfig, trained: Trained): number {
  switch (trained.type) {
    case "lora":
      return lowest([...trained.adapter.keys()].map((module) => layerOf(config, module) ?? 0));
    case "full":
      return trained.layers ? lowest(trained.layers) : 0;
    case "none":
      return config.num_hidden_layers;
  }

  function lowest(layers: readonly number[]): number {
    return Math.min(config.num_hidden_layers, ...layers);
  }
}
