/**
 * config.json (and the stop ids of generation_config.json) of a Hugging Face model folder → what a graph is built
 * from. Both spellings of transformers 4 and 5 are read. What we cannot run is refused here, by key and value,
 * before any weight is touched.
 */
import { join } from "node:path";
import type { ModelConfig, ModelType } from "../../kernels/models/model_config.ts";
import { UserError } from "../errors.ts";
import { Fields, type Json } from "./config_fields.ts";
import { readBounded } from "./read_bounded.ts";
import { readRope } from "./read_rope.ts";
import { isRecord, parseStrictJson, quote } from "./strict_json.ts";

const MAX_CONFIG_BYTES = 4_000_000;

/** Larger than any published model of these families: past them a config is a mistake or an attack. */
const LIMITS = {
  vocab_size: 1 << 20,
  hidden_size: 1 << 16,
  intermediate_size: 1 << 18,
  num_hidden_layers: 1024,
  num_attention_heads: 1024,
  head_dim: 1024,
  max_position_embeddings: 1 << 24,
} as const;

/** A model folder's configuration: the graph's info and what stands beside them. */
export interface FolderConfig {
  model: ModelConfig;
  /** `causal_lm` has an lm_head; `sequence_classifier` has `score.weight` of shape [num_labels, hidden]. */
  task: "causal_lm" | "sequence_classifier";
  architectures: string[];
  /** Classes of a sequence classifier; null for a language model. A reward model has 1. */
  num_labels: number | null;
  /**
   * What is added to a classifier's score, 0 unless said: its head has no bias, and what normalises a reward model's scores
   * may need one. Other programs leave it out.
   */
  score_bias: number;
  /** Any of these ends a text: generation_config.json's, else config.json's. May be empty. */
  eos_token_ids: number[];
  bos_token_id: number | null;
  pad_token_id: number | null;
  /** The dtype the weights are said to have; their headers decide. */
  dtype: string | null;
}

/**
 * Reads a model folder's configuration.
 * @throws {UserError} `damaged_model` or `unsupported_model`, naming the key, its value and what is supported
 */
export async function readConfig(folder: string): Promise<FolderConfig> {
  const config = await readJson(folder, "config.json");
  if (config === null) throw new UserError("damaged_model", "The model folder has no config.json");
  return parseConfig(config, await readJson(folder, "generation_config.json"));
}

/** `readConfig` for files that are already parsed; `generation` is null when the folder has none. */
export function parseConfig(config: Json, generation: Json | null = null): FolderConfig {
  const fields = new Fields(config, "config.json");
  const model_type = fields.choice("model_type", Object.keys(FAMILIES) as ModelType[]);
  refuse(fields);
  const task = taskOf(fields, FAMILIES[model_type].architectures);
  const model = FAMILIES[model_type].read(fields);
  checkHeads(model);
  const generationHasStop = generation !== null && tokenIds(generation.eos_token_id, model).length > 0;
  return {
    model,
    task,
    architectures: fields.strings("architectures"),
    num_labels: task === "sequence_classifier" ? labels(fields) : null,
    score_bias: task === "sequence_classifier" ? fields.number("score_bias", 0) : 0,
    eos_token_ids: tokenIds((generationHasStop ? generation : config).eos_token_id, model),
    bos_token_id: tokenIds(config.bos_token_id, model)[0] ?? null,
    pad_token_id: tokenIds(config.pad_token_id, model)[0] ?? null,
    dtype: [config.dtype, config.torch_dtype].find((dtype) => typeof dtype === "string") as string ?? null,
  };
}

type Task = FolderConfig["task"];

interface Family {
  architectures: Record<string, Task>;
  read(fields: Fields): ModelConfig;
}

/**
 * The families we run: their model classes and how their keys are read. A bare trunk (`LlamaModel`) whose head is
 * its embedding is a language model that was saved without saying so.
 */
const FAMILIES: Record<ModelType, Family> = {
  qwen3: {
    architectures: {
      Qwen3ForCausalLM: "causal_lm",
      Qwen3Model: "causal_lm",
      Qwen3ForSequenceClassification: "sequence_classifier",
    },
    read: (fields) =>
      llamaLike(fields, "qwen3", {
        attention: "all",
        max_position_embeddings: 32768,
        num_key_value_heads: 32,
        head_dim: 128,
      }),
  },
  qwen2: {
    architectures: {
      Qwen2ForCausalLM: "causal_lm",
      Qwen2Model: "causal_lm",
      Qwen2ForSequenceClassification: "sequence_classifier",
    },
    read: (fields) =>
      llamaLike(fields, "qwen2", {
        attention: "qkv",
        max_position_embeddings: 32768,
        num_key_value_heads: 32,
      }),
  },
  llama: {
    architectures: {
      LlamaForCausalLM: "causal_lm",
      LlamaModel: "causal_lm",
      LlamaForSequenceClassification: "sequence_classifier",
    },
    read: (fields) => llamaLike(fields, "llama", { attention: "all", max_position_embeddings: 2048 }),
  },
  gpt2: {
    architectures: {
      GPT2LMHeadModel: "causal_lm",
      GPT2Model: "causal_lm",
      GPT2ForSequenceClassification: "sequence_classifier",
    },
    read: gpt2,
  },
};

/** What transformers calls a family's model for a task. */
export function architectureOf(model_type: ModelType, task: Task): string {
  return Object.entries(FAMILIES[model_type].architectures).find(([, does]) => does === task)![0];
}

/**
 * The layout that Qwen3, Qwen2, Llama and SmolLM2 share. `attention` says which projections may have a bias:
 * Qwen2's q, k and v always do, the others' all four as `attention_bias` says. Heads are as large as `head_dim` says,
 * where it is left out as the family's, or else as many share the hidden size. Key and value heads that
 * are left out are the family's where it has a number and that fits, or else as many as query heads.
 */
function llamaLike(
  fields: Fields,
  model_type: ModelType,
  family: {
    attention: "qkv" | "all";
    max_position_embeddings: number;
    num_key_value_heads?: number;
    head_dim?: number;
  },
): ModelConfig {
  fields.choice("hidden_act", ["silu", "swish"], "silu"); // two names of one function
  const hidden_size = fields.size("hidden_size", LIMITS.hidden_size);
  const heads = fields.size("num_attention_heads", LIMITS.num_attention_heads);
  const bias = family.attention === "all" && fields.flag("attention_bias", false);
  refuseSlidingWindow(fields);
  const ownKv = fields.source.num_key_value_heads === undefined ? family.num_key_value_heads : undefined;
  const max_position_embeddings = fields.size(
    "max_position_embeddings",
    LIMITS.max_position_embeddings,
    family.max_position_embeddings,
  );
  return {
    model_type,
    vocab_size: fields.size("vocab_size", LIMITS.vocab_size),
    hidden_size,
    intermediate_size: fields.size("intermediate_size", LIMITS.intermediate_size),
    num_hidden_layers: fields.size("num_hidden_layers", LIMITS.num_hidden_layers),
    num_attention_heads: heads,
    num_key_value_heads: fields.size(
      "num_key_value_heads",
      LIMITS.num_attention_heads,
      ownKv !== undefined && heads % ownKv === 0 ? ownKv : heads,
    ),
    head_dim: fields.has("head_dim")
      ? fields.size("head_dim", LIMITS.head_dim)
      : family.head_dim ?? hidden_size / heads,
    max_position_embeddings,
    norm_eps: fields.positive("rms_norm_eps", 1e-6),
    rope: readRope(fields, max_position_embeddings),
    bias: {
      qkv: family.attention === "qkv" || bias,
      o: bias,
      mlp: model_type === "llama" && fields.flag("mlp_bias", false),
    },
    qk_norm: model_type === "qwen3",
    tie_word_embeddings: fields.flag("tie_word_embeddings", false),
  };
}

function gpt2(fields: Fields): ModelConfig {
  fields.choice("activation_function", GELU_NAMES, "gelu_new");
  for (const [key, wanted] of Object.entries(GPT2_FLAGS)) {
    if (fields.flag(key, wanted) !== wanted) throw fields.unsupported(key, `supported: ${wanted}`);
  }
  const [embd, head, layer, positions] = GPT2_NAMES.map(([own, common]) =>
    fields.has(own) || !fields.has(common) ? own : common
  ) as [string, string, string, string];
  const hidden_size = fields.size(embd, LIMITS.hidden_size);
  const heads = fields.size(head, LIMITS.num_attention_heads);
  return {
    model_type: "gpt2",
    vocab_size: fields.size("vocab_size", LIMITS.vocab_size),
    hidden_size,
    intermediate_size: fields.size("n_inner", LIMITS.intermediate_size, 4 * hidden_size),
    num_hidden_layers: fields.size(layer, LIMITS.num_hidden_layers),
    num_attention_heads: heads,
    num_key_value_heads: heads,
    head_dim: hidden_size / heads,
    max_position_embeddings: fields.size(positions, LIMITS.max_position_embeddings, 1024),
    norm_eps: fields.positive("layer_norm_epsilon", 1e-5),
    rope: null,
    bias: { qkv: true, o: true, mlp: true },
    qk_norm: false,
    tie_word_embeddings: fields.flag("tie_word_embeddings", true),
  };
}

/** One function, by the names of its implementations. */
const GELU_NAMES = [
  "gelu_new",
  "gelu_pytorch_tanh",
  "gelu_python_tanh",
  "gelu_fast",
  "gelu_accurate",
] as const;

/** Transformers reads either name. */
const GPT2_NAMES = [
  ["n_embd", "hidden_size"],
  ["n_head", "num_attention_heads"],
  ["n_layer", "num_hidden_layers"],
  ["n_positions", "max_position_embeddings"],
] as const;

const GPT2_FLAGS = {
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  add_cross_attention: false,
};

/** Features that would change the mathematics, whatever the family. */
function refuse(fields: Fields): void {
  if (fields.has("quantization_config")) {
    throw fields.unsupported("quantization_config", "weights in float32, float16 or bfloat16 are supported");
  }
  // Another file than those that are looked for.
  if (fields.has("transformers_weights")) {
    throw fields.unsupported("transformers_weights", "model.safetensors or its index are read");
  }
  for (const key of ["use_mrope", "rope_interleaved"]) {
    if (fields.flag(key, false)) throw fields.unsupported(key, "supported: false");
  }
  if (fields.strings("layer_types").some((type) => type !== "full_attention")) {
    throw fields.unsupported("layer_types", "supported: full_attention in every layer");
  }
  for (const key of ["num_experts", "num_local_experts", "n_routed_experts"]) {
    if (fields.has(key) && fields.source[key] !== 0) {
      throw fields.unsupported(key, "mixtures of experts are not run");
    }
  }
}

/** Which layers look at a window is said layer by layer, or by the first of them: Qwen's config may name none. */
function refuseSlidingWindow(fields: Fields): void {
  if (!fields.flag("use_sliding_window", false) || fields.has("layer_types")) return;
  if (fields.source.sliding_window === null) return; // one that is left out is 4,096
  const first = fields.has("max_window_layers") ? fields.source.max_window_layers : 28;
  if (!(Number(first) >= Number(fields.source.num_hidden_layers))) {
    throw fields.unsupported("use_sliding_window", "supported: false, or windows in no layer");
  }
}

function taskOf(fields: Fields, architectures: Record<string, Task>): Task {
  const names = fields.strings("architectures");
  const known = names.find((name) => Object.hasOwn(architectures, name));
  if (known) return architectures[known]!;
  if (names.length === 0) return "causal_lm";
  throw fields.unsupported("architectures", `supported: ${Object.keys(architectures).join(", ")}`);
}

/** Names count before a number: transformers makes a head for as many. */
function labels(fields: Fields): number {
  const names = fields.source.id2label;
  const named = isRecord(names) ? Object.keys(names).length : 0;
  return named || fields.size("num_labels", 100_000, 2);
}

function checkHeads(
  { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim, rope }: ModelConfig,
): void {
  const fault = (message: string) => new UserError("damaged_model", `config.json has ${message}`);
  if (heads % kvHeads !== 0) {
    throw fault(`num_key_value_heads ${kvHeads}: it must divide num_attention_heads, which is ${heads}`);
  }
  if (!Number.isInteger(head_dim)) throw fault(`${heads} attention heads: they must divide the hidden size`);
  if (rope && head_dim % 2 !== 0) throw fault(`head_dim ${head_dim}: rotary positions need an even one`);
}

/** The ids of a number or list that are in the vocabulary: one outside it can never be produced or fed. */
function tokenIds(value: unknown, { vocab_size }: ModelConfig): number[] {
  const ids = Array.isArray(value) ? value : [value];
  return [...new Set(ids)].filter((id) => Number.isInteger(id) && id >= 0 && id < vocab_size);
}

async function readJson(folder: string, name: string): Promise<Json | null> {
  const bytes = await readBounded(join(folder, name), name, MAX_CONFIG_BYTES);
  if (bytes === null) return null;
  const value = parseStrictJson(bytes, name);
  if (!isRecord(value)) {
    throw new UserError("damaged_model", `Expected an object in ${name}, got ${quote(value)}`);
  }
  return value;
}
