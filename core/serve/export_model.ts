/**
 * A checkpoint's policy or reward model in the layouts of other programs. Each is a folder that is there whole or not at all, with
 * sizes and hashes in its manifest; weights pass through one at a time.
 */
import { basename, dirname, join } from "node:path";
import { exportedModel } from "../../kernels/export/export_artifacts.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { UserError } from "../errors.ts";
import type { Chunks } from "../formats/atomic_file.ts";
import { BaseModel } from "../weights/base_model.ts";
import { MAX_MODEL_FILE_BYTES, MODEL_FILES, WEIGHTS_FILE } from "../formats/model_files.ts";
import { classifierFile } from "../formats/classifier_files.ts";
import { removeLeftovers, writeCheckpoint } from "../formats/checkpoint_folder.ts";
import { ofOneVersion } from "../formats/file_version.ts";
import { readBounded } from "../formats/read_bounded.ts";
import { type ClassifierFacts, MergedWeights } from "../networks/merged_weights.ts";
import { streamSafetensors } from "../formats/write_safetensors.ts";
import type { Runtime } from "../ort/runtime.ts";
import type { CheckpointFile } from "../contract/checkpoint.ts";
import type { ExportFormat, ModelFolders } from "../contract/protocol.ts";

const ONNX_MODEL = "model.onnx";
/** What transformers.js looks for beside the model. */
const ONNX_DATA = `${ONNX_MODEL}_data`;

type Read = (name: string) => Promise<Float32Array<ArrayBuffer>>;

const FORMATS: {
  [Format in ExportFormat]: (
    base: BaseModel,
    weights: MergedWeights,
    read: Read,
  ) => Promise<Record<string, Chunks>>;
} = {
  merged: async (base, { shapes, classifier }, read) => ({
    ...await modelFiles(base, classifier),
    [WEIGHTS_FILE]: streamSafetensors(shapes, read, { format: "pt" }),
  }),
  onnx: ({ config }, { classifier }, read) => {
    if (classifier) {
      throw new UserError(
        "unsupported_model",
        "Reward models are exported as merged: this layout is for text",
      );
    }
    const { bytes, weights, places } = exportedModel(config, ONNX_DATA);
    const data = async function* () {
      let at = 0;
      for (const [index, { name }] of weights.entries()) {
        const { offset, length } = places[index]!;
        if (offset > at) yield new Uint8Array(offset - at);
        const values = await read(name);
        yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        at = offset + length;
      }
    };
    return Promise.resolve({ [ONNX_MODEL]: [bytes], [ONNX_DATA]: data() });
  },
};

/**
 * Writes what `folders.checkpoint` is of as the folder `output`, whose parent is made and is ours alone.
 *
 * @throws {UserError} `unsupported_model` for what is no language model, and what loading a checkpoint throws
 */
export async function exportModel(
  runtime: Runtime,
  format: ExportFormat,
  folders: ModelFolders,
  output: string,
  signal: AbortSignal,
): Promise<CheckpointFile[]> {
  if (!folders.checkpoint) throw new TypeError("Only checkpoints are exported: no checkpoint is given");
  using opened = new DisposableStack();
  const base = opened.adopt(await BaseModel.open(runtime, folders.model), (base) => base.dispose());
  if (base.info.task !== "causal_lm") {
    throw new UserError("unsupported_model", "Only language models are exported: this is a reward model");
  }
  using weights = await MergedWeights.open(base, folders.checkpoint);
  const read: Read = (name) => {
    signal.throwIfAborted();
    return weights.read(name);
  };
  await Deno.mkdir(dirname(output), { recursive: true });
  await removeLeftovers(dirname(output));
  const files = await FORMATS[format](base, weights, read);
  const facts = { format, model: basename(folders.model) };
  const written = await ofOneVersion(folders.model, () => writeCheckpoint(output, files, facts));
  await base.checkVersion();
  return written;
}

/** The base's other files, its config.json telling what the new weights are. */
async function modelFiles(
  { folder, config }: BaseModel,
  classifier: ClassifierFacts | null,
): Promise<Record<string, Chunks>> {
  const files: Record<string, Chunks> = {};
  for (const name of MODEL_FILES) {
    const bytes = await readBounded(join(folder, name), name, MAX_MODEL_FILE_BYTES);
    if (!bytes) continue;
    files[name] = [
      classifier
        ? classifierFile(name, bytes, { ...classifier, model_type: config.model_type })
        : name === "config.json"
        ? exportedConfig(bytes, config)
        : bytes,
    ];
  }
  return files;
}

function exportedConfig(bytes: Uint8Array, { tie_word_embeddings }: ModelConfig): Uint8Array {
  const { torch_dtype: _old, ...config } = JSON.parse(new TextDecoder().decode(bytes));
  const told = {
    ...config,
    // The base's may say that a head of its own is tied.
    ...(!tie_word_embeddings && { tie_word_embeddings }),
    dtype: "float32",
    // For a folder that gets onnx/ as well: transformers.js then loads the data file where it must be told to.
    "transformers.js_config": { use_external_data_format: { [ONNX_MODEL]: 1 } },
  };
  return new TextEncoder().encode(JSON.stringify(told, null, 2) + "\n");
}
