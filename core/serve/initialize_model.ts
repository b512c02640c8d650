/**
 * A model folder from a bare configuration: random weights, and the tokenizer of a model that is there, whose vocabulary
 * and special tokens it takes over. Transformers loads the folder like any other.
 */
import { join } from "node:path";
import type { BareConfig } from "../contract/model.ts";
import { invalid } from "../errors.ts";
import { syncTree, writeNewFile } from "../formats/atomic_file.ts";
import { MAX_MODEL_FILE_BYTES, MODEL_FILES, WEIGHTS_FILE } from "../formats/model_files.ts";
import { architectureOf, type FolderConfig, parseConfig, readConfig } from "../formats/read_config.ts";
import { readBounded } from "../formats/read_bounded.ts";
import { streamSafetensors } from "../formats/write_safetensors.ts";
import { cachedTokenizer } from "../tokenizer/cached_tokenizer.ts";
import { randomWeights } from "../weights/random_weights.ts";

/** So many make a file of four gigabytes; a larger model is nothing that a user trains from nothing here. */
export const MAX_BARE_PARAMETERS = 1_000_000_000;

const CONFIG_FILE = "config.json";

/** The keys of a family's config.json where it has names of its own. */
const GPT2_KEYS: Record<string, string> = {
  hidden_size: "n_embd",
  num_hidden_layers: "n_layer",
  num_attention_heads: "n_head",
  max_position_embeddings: "n_positions",
  intermediate_size: "n_inner",
};

/**
 * What config.json says of a bare configuration.
 *
 * @param tokenizer The model whose tokenizer it gets.
 * @throws {UserError} naming the field that does not fit
 */
export function bareConfigFile(config: BareConfig, tokenizer: FolderConfig): Record<string, unknown> {
  const { family, num_layers, num_heads, num_kv_heads, rope_theta, norm_eps, ...rest } = config;
  const { hidden_size, intermediate_size = 4 * hidden_size } = rest;
  const heads = config.head_dim ?? hidden_size / num_heads;
  if (!Number.isInteger(heads)) {
    const message =
      `Expected a number that divides hidden_size ${hidden_size}, or a head_dim, got ${num_heads}`;
    throw invalid("config.num_heads", message);
  }
  const { eos_token_ids, bos_token_id, pad_token_id } = tokenizer;
  const common = {
    ...rest,
    intermediate_size,
    vocab_size: tokenizer.model.vocab_size,
    num_hidden_layers: num_layers,
    num_attention_heads: num_heads,
    bos_token_id,
    eos_token_id: eos_token_ids.length > 1 ? eos_token_ids : eos_token_ids[0] ?? null,
    pad_token_id,
    dtype: "float32",
    architectures: [architectureOf(family, "causal_lm")],
  };
  if (family !== "gpt2") {
    return {
      model_type: family,
      ...common,
      head_dim: heads,
      num_key_value_heads: num_kv_heads ?? num_heads,
      hidden_act: "silu",
      rms_norm_eps: norm_eps,
      rope_parameters: { rope_type: "default", rope_theta },
    };
  }
  for (const field of ["num_kv_heads", "head_dim"] as const) {
    if (config[field] !== undefined) throw invalid(`config.${field}`, "gpt2 has no such field");
  }
  const named = Object.entries(common).map(([key, value]) => [GPT2_KEYS[key] ?? key, value]);
  return { model_type: family, ...Object.fromEntries(named), layer_norm_epsilon: norm_eps };
}

/**
 * Writes the folder `output`, which is ours alone; what a cut-off attempt has left there is replaced.
 *
 * @param tokenizer Folder of the model whose tokenizer it gets.
 * @throws {UserError} naming the field that does not fit, or what is wrong with the tokenizer's folder
 */
export async function initializeModel(
  config: BareConfig,
  tokenizer: string,
  seed: number,
  output: string,
  signal: AbortSignal,
): Promise<{ parameters: number }> {
  const source = await readConfig(tokenizer);
  await cachedTokenizer(tokenizer);
  const file = bareConfigFile(config, source);
  const { model } = parseConfig(file);
  const { shapes, values } = randomWeights(model, { seed });
  const parameters = shapes.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  if (parameters > MAX_BARE_PARAMETERS) {
    const message = `Expected at most ${MAX_BARE_PARAMETERS} parameters, got ${parameters}`;
    throw invalid("config", message);
  }
  await Deno.remove(output, { recursive: true }).catch(() => {});
  await Deno.mkdir(output, { recursive: true });
  for (const name of MODEL_FILES) {
    const bytes = name === CONFIG_FILE
      ? null
      : await readBounded(join(tokenizer, name), name, MAX_MODEL_FILE_BYTES);
    if (bytes) await writeNewFile(join(output, name), [bytes]);
  }
  await writeNewFile(join(output, CONFIG_FILE), [
    new TextEncoder().encode(JSON.stringify(file, null, 2) + "\n"),
  ]);
  const read = async (name: string) => {
    // Others are answered between two tensors.
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    return values(name);
  };
  const named = Object.fromEntries(shapes.map(({ name, shape }) => [name, shape]));
  await writeNewFile(join(output, WEIGHTS_FILE), streamSafetensors(named, read, { format: "pt" }));
  await syncTree(output);
  return { parameters };
}
