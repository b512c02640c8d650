/** The one table of model families, by `model_type`, and what is asked of a model whatever its family. */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import { int8Weight, type Parameters } from "../nn/parameters.ts";
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

/** The name of the language-model head's matrix: the embedding's own when tied. */
export function lmHeadName(config: ModelConfig): string {
  return config.tie_word_embeddings ? familyOf(config).embedding : "lm_head.weight";
}

/** The matrix of the language-model head [V,H]. */
export function lmHead(config: ModelConfig, parameters: Parameters): Value {
  return parameters.weight(lmHeadName(config), [config.vocab_size, config.hidden_size]);
}

/** Logits [M,V] of h [M,H] by an 8-bit head. */
export function int8Logits(g: Builder, config: ModelConfig, h: Value): Value {
  const weight = int8Weight(g, lmHeadName(config), config.hidden_size, config.vocab_size);
  return g.op("Int8Linears", [h, ...weight], {})[0]!;
}
