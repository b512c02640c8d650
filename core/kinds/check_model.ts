/** Checks the model that a job trains, and what it continues from, by headers alone: jobs of all kinds have these. */
import type { AdapterSpec } from "../../kernels/models/adapter_spec.ts";
import { linears } from "../../kernels/models/linears.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { layerOf } from "../../kernels/models/trained_layers.ts";
import { MAX_INT8_TERMS } from "../../kernels/ops/quantization.ts";
import { checkpointNetworkSchema, type CriticSpec } from "../contract/checkpoint.ts";
import { type Layers, layersOf } from "../contract/layers.ts";
import type { JobFolders } from "../contract/protocol.ts";
import { attributeTo, invalid } from "../errors.ts";
import { readAdapter } from "../formats/adapter_files.ts";
import { readCheckpoint } from "../formats/checkpoint_folder.ts";
import { modelKey } from "../formats/model_name.ts";
import type { FolderConfig } from "../formats/read_config.ts";
import type { TextWork } from "../serve/text_work.ts";
import { cachedTokenizer } from "../tokenizer/cached_tokenizer.ts";
import { checkWeights } from "../weights/check_weights.ts";
import { checkPlaces } from "../weights/load_adapter.ts";
import { readModelInfo } from "../weights/model_weights.ts";
import type { Trainable } from "../weights/parameter_layout.ts";
import { int8Fields, type Precisions } from "./int8_fields.ts";
import type { AnyJob, CheckedModel } from "./kind.ts";

/**
 * The networks that a job trains, by the fields that name them: a kind that trains nothing has neither, and `value` is null,
 * or not there, without a value network.
 */
type Trained = { trainable?: Trainable; value?: CriticSpec | null };

/**
 * Reads what there is to know of a job's model without loading its weights.
 *
 * @throws {UserError} naming the field or file that is wrong
 */
export async function checkModel(
  job: AnyJob & Precisions & Trained,
  folders: JobFolders,
  text: TextWork,
): Promise<CheckedModel> {
  const info = await attributeTo("model", readModelInfo(folders.model));
  if (info.task !== "causal_lm") {
    throw invalid(
      "model",
      `Expected a language model: '${job.model}' is a ${info.task}`,
      "unsupported_model",
    );
  }
  await attributeTo("model", checkWeights(folders.model, info));
  checkInt8(job, info.model);
  if (folders.checkpoint) await checkCheckpoint(job, info.model, folders.checkpoint);
  for (const path of ["trainable", "value"] as const) {
    const network = job[path];
    if (!network) continue;
    if ("target_modules" in network) {
      checkTargets(info.model, network.target_modules, `${path}.target_modules`);
    }
    if ("layers" in network) checkLayers(info.model, network.layers, `${path}.layers`);
  }
  const adapter = folders.adapter ? await checkAdapter(job, info, folders.adapter) : undefined;
  const tokenizer = await attributeTo("model", text.whole(() => cachedTokenizer(folders.model)));
  return { info, tokenizer, adapter };
}

/** Sums of int8 products must fit 32 bits. */
function checkInt8(job: AnyJob & Precisions, model: ModelConfig): void {
  const wide = linears(model).find(({ inFeatures, outFeatures }) =>
    Math.max(inFeatures, outFeatures) > MAX_INT8_TERMS
  );
  if (!wide) return;
  for (const path of int8Fields(job)) {
    throw invalid(
      path,
      `Expected float32: '${wide.module}' of '${job.model}' is wider than the ${MAX_INT8_TERMS} that int8 can sum up`,
    );
  }
}

/** Every name must be one of the model's linears: a misspelt one would silently train less than was asked for. */
function checkTargets(model: ModelConfig, targets: "all-linear" | readonly string[], path: string): void {
  const known = new Set(linears(model).map(({ module }) => module.slice(module.lastIndexOf(".") + 1)));
  if (targets === "all-linear") return;
  const unknown = targets.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw invalid(
      path,
      `Expected names among ${[...known].join(", ")}: the model has no '${unknown.join("', '")}'`,
    );
  }
}

/** The model must have the layers that are named. */
function checkLayers(
  { num_hidden_layers: count }: ModelConfig,
  layers: Layers | null | undefined,
  path: string,
): void {
  if (!layers) return;
  if ("last" in layers) {
    if (layers.last <= count) return;
    throw invalid(
      `${path}.last`,
      `Expected at most ${count}, the layers that the model has, got ${layers.last}`,
    );
  }
  const at = layers.findIndex((layer) => layer >= count);
  if (at < 0) return;
  throw invalid(
    `${path}.${at}`,
    `Expected at most ${count - 1}, as the model has ${count} layers, got ${layers[at]}`,
  );
}

/** The adapter's layers, once it fits the model and what the job says of it. */
async function checkAdapter(
  job: AnyJob,
  { model }: FolderConfig,
  folder: string,
): Promise<AdapterSpec> {
  const { config, modules, tensors } = await attributeTo("adapter", readAdapter(folder));
  await attributeTo("adapter", () => checkPlaces(model, { modules, tensors }));
  const { trainable } = job; // the schema has seen to its being LoRA
  if (trainable?.type === "lora" && (trainable.r !== config.r || trainable.alpha !== config.lora_alpha)) {
    throw invalid(
      "trainable",
      `Expected what the adapter has, r ${config.r} and alpha ${config.lora_alpha}, to go on from it: it is r ` +
        `${trainable.r} and alpha ${trainable.alpha}`,
    );
  }
  const named = layersOf(model.num_hidden_layers, trainable?.layers);
  const own = layersOf(model.num_hidden_layers, [...modules.keys()].map((path) => layerOf(model, path)!))!;
  if (named && named.join() !== own.join()) {
    throw invalid(
      "trainable.layers",
      `Expected null or the layers that the adapter is for, ${own}, got ${named}`,
    );
  }
  return modules;
}

async function checkCheckpoint(
  job: AnyJob & Trained,
  { num_hidden_layers: count }: ModelConfig,
  folder: string,
): Promise<void> {
  const { facts } = await attributeTo("checkpoint", readCheckpoint(folder));
  const spec = checkpointNetworkSchema.optional().safeParse(facts.network).data;
  if (spec?.score && job.kind !== "reward_model") {
    throw invalid(
      "checkpoint",
      "Expected a checkpoint of a language model, got one of a reward model: it goes into reward as a model",
      "unsupported_model",
    );
  }
  if (modelKey(String(facts.model)) !== modelKey(job.model)) {
    throw invalid("checkpoint", `Expected a checkpoint of '${job.model}', got one of '${facts.model}'`);
  }
  if (!job.trainable) return; // any network can be asked, and only one of the same layout trained on
  for (const path of ["trainable", "value"] as const) {
    // A job without a critic leaves the checkpoint's; one with a critic begins its own where the checkpoint has none.
    if (path === "value" && !(spec?.value && job.value)) continue;
    const [had, wanted] = [layout(spec?.[path], count), layout(job[path], count)];
    if (had !== wanted) {
      const instead = path === "trainable"
        ? "; for something else, make a model of the checkpoint first"
        : "";
      throw invalid(
        path,
        `Expected what the checkpoint was trained with, ${had}, to go on from it, got ${wanted}${instead}`,
      );
    }
  }
}

/** What decides which parameters a network of a model of `count` layers has, as text. */
function layout(network: Trainable | CriticSpec | null | undefined, count: number): string {
  if (!network) return "nothing";
  const layers = "layers" in network ? layersOf(count, network.layers) : undefined;
  // An adapter of every layer is the same whichever way it was asked for.
  const some = layers && !("r" in network && layers.length === count);
  const within = some ? ` in the layers ${layers}` : "";
  if (!("r" in network)) return network.type + within;
  const { type, r, alpha, target_modules: targets } = network;
  return `${type} of r ${r}, alpha ${alpha} on ${
    typeof targets === "string" ? targets : [...targets].sort()
  }${within}`;
}
