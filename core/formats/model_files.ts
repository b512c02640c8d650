/** The files of a Hugging Face model folder by name: what is downloaded, read, and copied beside weights of our own. */

/** All weights in one file. */
export const WEIGHTS_FILE = "model.safetensors";
/** Which of several files each tensor is in, where there is no `WEIGHTS_FILE`. */
export const WEIGHTS_INDEX_FILE = "model.safetensors.index.json";

/** What belongs to a model beside its weights, where the folder has it. */
export const MODEL_FILES: readonly string[] = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  // Read by other programs only, which convert models from it.
  "tokenizer.model",
  "chat_template.jinja",
];

/** A tokenizer's are the largest of these. */
export const MAX_MODEL_FILE_BYTES = 256_000_000;
