/** Model folders of real shapes with random weights: what the workloads of `deno task bench` run on. No tokenizer. */
import { join } from "node:path";
import { weightShapes } from "../core/model/network.ts";
import { parseConfig } from "../core/model/read_config.ts";
import { writeSafetensors } from "../core/model/write_safetensors.ts";
import { fillUniform } from "../core/rng.ts";

/** A workload: architecture as config.json says it, and the batch of one PPO step. */
export interface Workload {
  config: Record<string, unknown>;
  /** Rows, prompt tokens, response tokens. */
  B: number;
  P: number;
  R: number;
}

const ids = { bos_token_id: 1, eos_token_id: 2, pad_token_id: 0, hidden_act: "silu", tie_word_embeddings: true };

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
    config: {
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
    },
    B: 4,
    P: 64,
    R: 50,
  },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof WORKLOADS;

/** Standard deviation of matrices, as transformers starts them. */
const INIT_STD = 0.02;

/** Writes a random language model to `folder`, and with `classifier` a random reward model of the same shape. */
export async function writeRandomModel(
  folder: string,
  config: Record<string, unknown>,
  { classifier, seed }: { classifier: boolean; seed: number },
): Promise<void> {
  const families: Record<string, string> = { qwen3: "Qwen3", qwen2: "Qwen2", llama: "Llama" };
  const task = classifier ? "ForSequenceClassification" : "ForCausalLM";
  const full = {
    ...config,
    architectures: [families[config.model_type as string] + task],
    ...(classifier && { num_labels: 1, id2label: { "0": "LABEL_0" } }),
  };
  const { model } = parseConfig(full);
  const shapes = weightShapes(model).filter(({ name }) => !classifier || name !== "lm_head.weight");
  if (classifier) shapes.push({ name: "score.weight", shape: [1, model.hidden_size] });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(full));
  const half = INIT_STD * Math.sqrt(3); // a uniform of this half-width has the standard deviation INIT_STD
  await writeSafetensors(
    join(folder, "model.safetensors"),
    Object.fromEntries(shapes.map(({ name, shape }, row) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (shape.length === 1) data.fill(name.endsWith("bias") ? 0 : 1);
      else fillUniform(data, -half, half, { seed, stream: "init", step: 0, row });
      return [name, { dtype: "F32" as const, shape: [...shape], data }];
    })),
    { format: "pt" },
  );
}
