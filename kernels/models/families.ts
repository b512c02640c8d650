/** The one table of model families, by `model_type`, and what is asked of a model whatever its family. */
import type { Value } from "../graph/value.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { Family } from "./family.ts";
import { GPT2 } from "./gpt2.ts";
import { LLAMA } from "./llama.ts";
import type { ModelConfig, ModelType } from "./model_config.ts";

const FAMILIES: Record<ModelType, Family> = { qwen3: LLAMA, qwen2: LLAMA, llama: LLAMA, gpt2: GPT2 };

export function familyOf({ model_type }: ModelConfig): Family {
  return FAMILIES[model_type];
}

/** The embedding matrix [V,H]. */
export function embedding(config: ModelConfig, parameters: Parameters): Value {
  return parameters.weight(familyOf(config).embedding, [config.vocab_size, config.hidden_size]);
}

/** The matrix of the language-model head [V,H]: the embedding itself when tied. */
export function lmHead(config: ModelConfig, parameters: Parameters): Value {
  return config.tie_word_embeddings
    ? embedding(config, parameters)
    : parameters.weight("lm_head.weight", [config.vocab_size, config.hidden_size]);
}
