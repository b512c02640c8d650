/** The shapes that peers are measured on too: architecture as config.json says it, and the batch of one PPO step. */

/** A workload: architecture as config.json says it, and the batch of one PPO step. */
export interface Workload {
  config: Record<string, unknown>;
  /** Rows, prompt tokens, response tokens. */
  B: number;
  P: number;
  R: number;
  /** Rows of a training run; a whole mini-batch by default. */
  micro?: number;
}

const ids = {
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: 0,
  hidden_act: "silu",
  tie_word_embeddings: true,
};

const SHAPE_0_6B = {
  model_type: "qwen3",
  vocab_size: 151936,
  hidden_size: 1024,
  intermediate_size: 3072,
  num_hidden_layers: 28,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  head_dim: 128,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-6,
  ...ids,
} as const;

export const WORKLOADS = {
  tiny: {
    config: {
      model_type: "qwen3",
      vocab_size: 4096,
      hidden_size: 128,
      intermediate_size: 384,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 32,
      max_position_embeddings: 512,
      rms_norm_eps: 1e-6,
      ...ids,
    },
    B: 32,
    P: 32,
    R: 48,
  },
  "135m": {
    config: {
      model_type: "llama",
      vocab_size: 49152,
      hidden_size: 576,
      intermediate_size: 1536,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      max_position_embeddings: 2048,
      rms_norm_eps: 1e-5,
      ...ids,
    },
    B: 8,
    P: 64,
    R: 50,
  },
  "0.6b": {
    config: SHAPE_0_6B,
    B: 4,
    P: 64,
    R: 50,
  },
  /** What one GPU is for: long texts, many rows. */
  "0.6b-gpu": { config: SHAPE_0_6B, B: 256, P: 512, R: 384, micro: 8 },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof WORKLOADS;
