/** The one table of model families, by `model_type`, and what is asked of a model whatever its family. */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import { int8Codes, isInt8, type Parameters } from "../nn/parameters.ts";
import { int8Matmul } from "../ops/quantization.ts";
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

/** The name of a language-model head's matrix that is not the embedding. */
export const HEAD = "lm_head.weight";

/** The name of the language-model head's matrix: the embedding's own when tied. */
export function lmHeadName(config: ModelConfig): string {
  return config.tie_word_embeddings ? familyOf(config).embedding : HEAD;
}

/** The matrix of the language-model head [V,H]. */
export function lmHead(config: ModelConfig, parameters: Parameters): Value {
  return parameters.weight(lmHeadName(config), [config.vocab_size, config.hidden_size]);
}

/** Codes [H,V] and scale [V] of the head's transpose where matrices are held as int8, else nothing. */
export function int8Head(g: Builder, config: ModelConfig, { precision }: Parameters): Value[] {
  if (!isInt8(precision)) return [];
  return int8Codes(g, lmHeadName(config), [config.hidden_size, config.vocab_size], precision);
}

/** Logits [M,V] of hidden states [M,H]. */
export function logits(g: Builder, config: ModelConfig, parameters: Parameters, h: Value): Value {
  const [codes, scale] = int8Head(g, config, parameters);
  return codes ? int8Matmul(g, h, codes, scale!) : g.matmul(h, lmHead(config, parameters), { transB: true });
}
