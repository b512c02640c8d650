/** What a model folder holds, told from its configuration and headers. No weights are read. */
import { join } from "node:path";
import type { ModelType } from "../../kernels/models/model_config.ts";
import { UserError } from "../errors.ts";
import { readBounded } from "./read_bounded.ts";
import { readConfig } from "./read_config.ts";
import { openSafetensors } from "./safetensors.ts";
import type { SafetensorsDtype } from "./safetensors_header.ts";
import { isRecord, parseJson } from "./strict_json.ts";

const MAX_TOKENIZER_CONFIG_BYTES = 16_000_000;

/** What a model is, without reading its weights. */
export interface ModelSummary {
  model_type: ModelType;
  task: "causal_lm" | "sequence_classifier";
  /** A sequence classifier with one class: it scores texts. */
  is_reward_model: boolean;
  parameters: number;
  /** The dtype that most of the weights are stored in. */
  dtype: SafetensorsDtype;
  /** Bytes of the weights. */
  bytes: number;
  /** Longest text in tokens. */
  context: number;
  vocab_size: number;
  has_chat_template: boolean;
}

/**
 * What the model in `folder` is.
 * @throws {UserError} `damaged_model` or `unsupported_model` when it cannot be used
 */
export async function describeModel(folder: string): Promise<ModelSummary> {
  const { model, task, num_labels } = await readConfig(folder);
  const source = await openSafetensors(folder);
  try {
    const bytesOf = new Map<SafetensorsDtype, number>();
    let parameters = 0, bytes = 0;
    for (const name of source.names()) {
      const info = source.info(name);
      bytes += info.bytes;
      bytesOf.set(info.dtype, (bytesOf.get(info.dtype) ?? 0) + info.bytes);
      const isCopy = model.tie_word_embeddings && name === "lm_head.weight";
      // The hub's GPT-2 files hold the causal masks as well.
      const isMask = /\.attn\.(masked_)?bias$/.test(name);
      if (!isCopy && !isMask) parameters += info.shape.reduce((product, size) => product * size, 1);
    }
    const [largest] = [...bytesOf].sort(([, a], [, b]) => b - a);
    if (!largest) throw new UserError("damaged_model", "The model's files hold no tensors");
    return {
      model_type: model.model_type,
      task,
      is_reward_model: num_labels === 1,
      parameters,
      dtype: largest[0],
      bytes,
      context: model.max_position_embeddings,
      vocab_size: model.vocab_size,
      has_chat_template: await hasChatTemplate(folder),
    };
  } finally {
    source.close();
  }
}

async function hasChatTemplate(folder: string): Promise<boolean> {
  if (await isFile(join(folder, "chat_template.jinja"))) return true;
  const name = "tokenizer_config.json";
  const bytes = await readBounded(join(folder, name), name, MAX_TOKENIZER_CONFIG_BYTES);
  const config = bytes && parseJson(bytes, name);
  return isRecord(config) && Boolean(config.chat_template);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
