/**
 * What a model folder holds, told from its configuration, headers and tokenizer; and whether it can be used, by the checks
 * that its use makes before anything is loaded. No weights are read but a head beside a tied embedding.
 */
import { UserError } from "../errors.ts";
import { ChatTemplates } from "../tokenizer/chat_template.ts";
import { readTokenizerFiles } from "../tokenizer/tokenizer_files.ts";
import { checkWeights, neededWeights } from "../weights/check_weights.ts";
import { readModelInfo } from "../weights/model_weights.ts";
import type { ModelSummary } from "../contract/model.ts";
import { openSafetensors } from "../formats/safetensors.ts";
import type { SafetensorsDtype } from "../formats/safetensors_header.ts";

/**
 * What the model in `folder` is.
 * @throws {UserError} `damaged_model` or `unsupported_model` when it cannot be used
 */
export async function describeModel(folder: string): Promise<ModelSummary> {
  const info = await readModelInfo(folder);
  const { model, task } = info;
  await checkWeights(folder, info);
  // One without a tokenizer takes token ids.
  const tokenizer = await readTokenizerFiles(folder);
  const source = await openSafetensors(folder);
  try {
    const bytesOf = new Map<SafetensorsDtype, number>();
    let bytes = 0;
    for (const name of source.names()) {
      const info = source.info(name);
      bytes += info.bytes;
      bytesOf.set(info.dtype, (bytesOf.get(info.dtype) ?? 0) + info.bytes);
    }
    const [largest] = [...bytesOf].sort(([, a], [, b]) => b - a);
    if (!largest) throw new UserError("damaged_model", "The model's files hold no tensors");
    return {
      model_type: model.model_type,
      task,
      is_reward_model: task === "sequence_classifier",
      parameters: neededWeights(info).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
      dtype: largest[0],
      bytes,
      context: model.max_position_embeddings,
      vocab_size: model.vocab_size,
      has_chat_template: tokenizer !== null && new ChatTemplates(tokenizer.chatTemplate, {}).any,
    };
  } finally {
    source.close();
  }
}
