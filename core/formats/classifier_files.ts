/**
 * The small files of a language model's folder as they are beside the weights of a reward model trained on it: transformers
 * then loads a sequence classifier with one label, which reads its score at the last token that is not padding.
 */
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import type { ScoreSpec } from "../contract/checkpoint.ts";
import { parseStrictJson } from "./strict_json.ts";
import type { Json } from "./config_fields.ts";
import { architectureOf } from "./read_config.ts";

interface Classifier extends ScoreSpec {
  model_type: ModelConfig["model_type"];
  /** What our own programs add to the score; transformers' head has no bias. */
  score_bias?: number;
}

/** By name, what a file says that it did not; a file without a row stays as it is. */
const CHANGES: Readonly<Record<string, (classifier: Classifier) => Json>> = {
  "config.json": ({ model_type, pad_token_id, score_bias = 0 }) => ({
    architectures: [architectureOf(model_type, "sequence_classifier")],
    num_labels: 1,
    id2label: { "0": "LABEL_0" },
    label2id: { LABEL_0: 0 },
    pad_token_id,
    dtype: "float32",
    ...(score_bias !== 0 && { score_bias }),
  }),
  // Padded with another token than config.json says, the last one of a shorter text would not be found.
  "tokenizer_config.json": paddedWith,
  "special_tokens_map.json": paddedWith,
};

/** Keys that a file had under an older name. */
const DROPPED: Readonly<Record<string, readonly string[]>> = { "config.json": ["torch_dtype"] };

function paddedWith({ pad_token }: Classifier): Json {
  return pad_token === null ? {} : { pad_token };
}

/** A file's bytes beside a classifier's weights. @throws {UserError} `damaged_model` where it is no JSON object */
export function classifierFile(name: string, bytes: Uint8Array, classifier: Classifier): Uint8Array {
  const changes = CHANGES[name]?.(classifier) ?? {};
  if (Object.keys(changes).length === 0) return bytes;
  const before = parseStrictJson(bytes, name) as Json;
  const kept = Object.entries(before).filter(([key]) => !DROPPED[name]?.includes(key));
  return new TextEncoder().encode(
    JSON.stringify({ ...Object.fromEntries(kept), ...changes }, null, 2) + "\n",
  );
}
