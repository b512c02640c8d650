/** What a model graph is built from: the facts of a config.json, normalised. Reading that file is core/model's work. */

export type RopeScaling =
  | { type: "linear"; factor: number }
  | {
    type: "llama3";
    factor: number;
    low_freq_factor: number;
    high_freq_factor: number;
    original_max_position_embeddings: number;
  };

export type ModelType = "qwen3" | "qwen2" | "llama" | "gpt2";

export interface ModelConfig {
  model_type: ModelType;
  vocab_size: number;
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  max_position_embeddings: number;
  norm_eps: number;
  /** Rotary positions; null when positions are learned (gpt2). */
  rope: { theta: number; scaling: RopeScaling | null } | null;
  /** Whether the linears have a bias: q, k, v; the attention output; the MLP. */
  bias: { qkv: boolean; o: boolean; mlp: boolean };
  /** RMSNorm on each query and key head before the rotation (qwen3). */
  qk_norm: boolean;
  /** The head reads the embedding matrix; `lm_head.weight` is then absent. */
  tie_word_embeddings: boolean;
}
