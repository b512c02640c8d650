/** The linears of a model's layers: module path, sizes and bias, in the order they run. */
import type { ModelConfig, ModelType } from "./model_config.ts";

export interface Linear {
  readonly module: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
}

/** Linears of one layer by their path below it, as a row per family. */
function llamaLayer(config: ModelConfig): Linear[] {
  const { hidden_size: hidden, intermediate_size: inner, head_dim: d, bias } = config;
  const q = config.num_attention_heads * d;
  const kv = config.num_key_value_heads * d;
  const row = (module: string, inFeatures: number, outFeatures: number, hasBias: boolean): Linear => ({
    module,
    inFeatures,
    outFeatures,
    bias: hasBias,
  });
  return [
    row("self_attn.q_proj", hidden, q, bias.qkv),
    row("self_attn.k_proj", hidden, kv, bias.qkv),
    row("self_attn.v_proj", hidden, kv, bias.qkv),
    row("self_attn.o_proj", q, hidden, bias.o),
    row("mlp.gate_proj", hidden, inner, bias.mlp),
    row("mlp.up_proj", hidden, inner, bias.mlp),
    row("mlp.down_proj", inner, hidden, bias.mlp),
  ];
}

/** How each family names its layers and what linears one has. */
const FAMILIES: Partial<Record<ModelType, { layer: string; linears: (config: ModelConfig) => Linear[] }>> = {
  qwen3: { layer: "model.layers", linears: llamaLayer },
  qwen2: { layer: "model.layers", linears: llamaLayer },
  llama: { layer: "model.layers", linears: llamaLayer },
};

/** Every linear of the model's layers, layer by layer. Throws a RangeError for a family without graphs. */
export function linears(config: ModelConfig): Linear[] {
  const family = FAMILIES[config.model_type];
  if (!family) throw new RangeError(`Models of type ${config.model_type} have no graphs yet`);
  return Array.from(
    { length: config.num_hidden_layers },
    (_, layer) =>
      family.linears(config).map((linear) => ({
        ...linear,
        module: `${family.layer}.${layer}.${linear.module}`,
      })),
  ).flat();
}
