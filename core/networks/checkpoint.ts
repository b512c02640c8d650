/**
 * A trained policy and its critic on disk: the adapter in PEFT layout (or full weights in Hugging Face layout), the
 * value network's adapter, the value head, and a manifest that says how they belong together. A reward model is written the
 * same way, its head among the weights; reward_checkpoint.ts reads it.
 */
import { basename, join } from "node:path";
import { SCORE_HEAD, type Tuning, VALUE_HEAD } from "../../kernels/artifacts.ts";
import { familyOf, HEAD } from "../../kernels/models/families.ts";
import type { AdapterSpec } from "../../kernels/models/adapter_spec.ts";
import { linears } from "../../kernels/models/linears.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import {
  type CheckpointFile,
  checkpointNetworkSchema,
  type CheckpointSpec,
  type CriticSpec,
} from "../contract/checkpoint.ts";
import { UserError } from "../errors.ts";
import type { AdapterConfig } from "../formats/adapter_config.ts";
import {
  ADAPTER_WEIGHTS_FILE,
  adapterFiles,
  type AdapterTensor,
  PEFT_PREFIX,
} from "../formats/adapter_files.ts";
import { type Chunks, makeFolder, temporaryPath, writeNewFile } from "../formats/atomic_file.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { damaged } from "../formats/checked_file.ts";
import { classifierFile } from "../formats/classifier_files.ts";
import { readCheckpoint, writeCheckpoint, type WriteOptions } from "../formats/checkpoint_folder.ts";
import { ofOneVersion } from "../formats/file_version.ts";
import { loadAdapter, placeAdapter } from "../weights/load_adapter.ts";
import { MAX_MODEL_FILE_BYTES, MODEL_FILES, WEIGHTS_FILE } from "../formats/model_files.ts";
import { hubNameOf } from "../formats/model_name.ts";
import {
  type HeadLayout,
  parameterGroups,
  readFullWeights,
  type Trainable,
  tuningOf,
  weightShapes,
} from "../weights/parameter_layout.ts";
import { ParameterSet } from "../weights/parameter_set.ts";
import { readBounded } from "../formats/read_bounded.ts";
import { openSafetensorsFile } from "../formats/safetensors.ts";
import { readValueHead, valueHeadFile } from "../formats/value_head_file.ts";
import { encodeSafetensors, streamSafetensors } from "../formats/write_safetensors.ts";
import { readInto } from "./moments.ts";

export interface Networks {
  base: BaseModel;
  /** What the policy's graphs are built with. */
  tuning: Tuning;
  policy: ParameterSet;
  /** Parameters of a separate value network. */
  critic: ParameterSet | null;
}

const CRITIC_ADAPTER = "value_adapter.safetensors";

/** Names of all parameters but a value head's, which has a file of its own. A classifier's head is none. */
function body(parameters: ParameterSet): string[] {
  const isValueHead = parameters.has(VALUE_HEAD.bias);
  return parameters.names.filter((name) =>
    !isValueHead || (name !== VALUE_HEAD.weight && name !== VALUE_HEAD.bias)
  );
}

/** An adapter's tensors, and a classifier's head, under their PEFT keys. */
function peftTensors(parameters: ParameterSet): Record<string, AdapterTensor> {
  return Object.fromEntries(
    body(parameters).map((name) => [PEFT_PREFIX + name, {
      shape: [...parameters.shape(name)],
      data: parameters.values(name),
    }]),
  );
}

/**
 * What PEFT is told of the linears that are adapted: the last parts of their paths, sorted, and the layers that have them
 * where not all do; or whole paths, where the layers differ in what they have.
 */
function places(
  config: ModelConfig,
  adapter: AdapterSpec,
): Pick<AdapterConfig, "target_modules" | "layers_to_transform"> {
  const lastPart = (module: string) => module.split(".").at(-1)!;
  const targets = new Set([...adapter.keys()].map(lastPart));
  const adapted = linears(config).filter(({ module }) => adapter.has(module));
  const layers = new Set(adapted.map(({ layer }) => layer));
  const named = linears(config).filter(({ module, layer }) =>
    layers.has(layer) && targets.has(lastPart(module))
  );
  if (named.length > adapted.length) {
    return { target_modules: [...adapter.keys()].sort(), layers_to_transform: null };
  }
  const all = layers.size === config.num_hidden_layers;
  return { target_modules: [...targets].sort(), layers_to_transform: all ? null : [...layers] };
}

/** What PEFT is told of layers whose rank or alpha is another than most have: an adapter that was gone on from has some. */
function patterns(adapter: AdapterSpec, { r, alpha }: { r: number; alpha: number }) {
  const ranks = [...adapter].map(([module, lora]) => [module, lora.r] as const);
  const alphas = [...adapter].map(([module, lora]) => [module, lora.r * lora.scale] as const);
  const others = (table: (readonly [string, number])[], usual: number) =>
    Object.fromEntries(table.filter(([, value]) => Math.abs(value - usual) > 1e-9 * usual));
  return { rank_pattern: others(ranks, r), alpha_pattern: others(alphas, alpha) };
}

/** What PEFT may find the base by: a hub's name where the model is called so, or else its folder's. */
function baseName(base: BaseModel, model: unknown): string {
  return (typeof model === "string" ? hubNameOf(model) : null) ?? basename(base.folder);
}

async function policyFiles(
  { base, tuning, policy }: Networks,
  { trainable, score }: CheckpointSpec,
  model: unknown,
): Promise<Record<string, Chunks>> {
  if (trainable.type === "lora" && tuning.type === "lora") {
    return adapterFiles({
      task_type: score ? "SEQ_CLS" : "CAUSAL_LM",
      base_model_name_or_path: baseName(base, model),
      r: trainable.r,
      lora_alpha: trainable.alpha,
      lora_dropout: trainable.dropout ?? 0,
      ...places(base.config, tuning.adapter),
      fan_in_fan_out: familyOf(base.config).fanInFanOut,
      modules_to_save: score ? [SCORE_HEAD.replace(/\.weight$/, "")] : null,
      use_rslora: false,
      ...patterns(tuning.adapter, trainable),
    }, peftTensors(policy));
  }
  const files: Record<string, Chunks> = { [WEIGHTS_FILE]: fullWeights(base, policy, score !== undefined) };
  for (const name of MODEL_FILES) {
    const bytes = await readBounded(join(base.folder, name), name, MAX_MODEL_FILE_BYTES);
    if (!bytes) continue;
    const { model_type } = base.config;
    files[name] = [score ? classifierFile(name, bytes, { ...score, model_type }) : bytes];
  }
  return files;
}

/**
 * Writes the policy's adapter alone, as PEFT and servers load it, as the folder `folder`, which is there whole or not at all;
 * one that was there before is replaced.
 *
 * @throws {TypeError} where all weights are trained
 */
export async function writeAdapter(
  folder: string,
  networks: Networks,
  spec: CheckpointSpec,
  model: string,
): Promise<void> {
  if (spec.trainable.type !== "lora") {
    throw new TypeError("Cannot write an adapter of a policy that has none");
  }
  const begun = temporaryPath(folder);
  await makeFolder(begun);
  for (const [name, chunks] of Object.entries(await policyFiles(networks, spec, model))) {
    await writeNewFile(join(begun, name), chunks);
  }
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.rename(begun, folder);
}

/** All weights of a model, or of a classifier: what was trained, and what stayed as the base has it. */
function fullWeights(
  base: BaseModel,
  policy: ParameterSet,
  isClassifier: boolean,
): AsyncIterable<Uint8Array> {
  const frozen = weightShapes(base.config)
    .filter(({ name }) => !policy.has(name) && !(isClassifier && name === HEAD));
  const trained = body(policy).map((name) => ({ name, shape: policy.shape(name) }));
  const shapes = Object.fromEntries([...trained, ...frozen].map(({ name, shape }) => [name, shape]));
  return streamSafetensors(
    shapes,
    async (name) => policy.has(name) ? policy.values(name) : await base.weight(name),
    { format: "pt" },
  );
}

/**
 * Writes a checkpoint folder in one step; `facts` go into its manifest, and the name of the `model` among them into an
 * adapter's configuration where it is a hub's. Same networks, same bytes.
 */
export async function saveCheckpoint(
  folder: string,
  networks: Networks,
  spec: CheckpointSpec,
  facts: Record<string, unknown>,
  options: WriteOptions = {},
): Promise<CheckpointFile[]> {
  const head = networks.critic ?? networks.policy;
  const files = {
    ...await policyFiles(networks, spec, facts.model),
    ...(networks.critic && {
      [CRITIC_ADAPTER]: encodeSafetensors(
        Object.fromEntries(
          Object.entries(peftTensors(networks.critic)).map((
            [key, tensor],
          ) => [key, { dtype: "F32" as const, ...tensor }]),
        ),
        { format: "pt" },
      ),
    }),
    ...(head.has(VALUE_HEAD.bias) && valueHeadFile({
      weight: head.values(VALUE_HEAD.weight),
      bias: head.values(VALUE_HEAD.bias),
    })),
  };
  return await writeCheckpoint(folder, files, { ...facts, network: spec }, options);
}

/**
 * Sets the parameters of `networks`, which are laid out as those that were saved, to what `saveCheckpoint` wrote.
 * @throws {UserError} `damaged_checkpoint` where the folder holds another network
 */
export async function restoreNetworks(
  folder: string,
  { base, tuning, policy, critic }: Networks,
): Promise<void> {
  const [file, prefix] = tuning.type === "lora" ? [ADAPTER_WEIGHTS_FILE, PEFT_PREFIX] : [WEIGHTS_FILE, ""];
  await readInto(join(folder, file), policy, prefix, body(policy));
  if (critic) await readInto(join(folder, CRITIC_ADAPTER), critic, PEFT_PREFIX, body(critic));
  const head = critic ?? policy;
  if (!head.has(VALUE_HEAD.bias)) return;
  const { weight, bias } = await readValueHead(folder, base.config.hidden_size);
  head.set(VALUE_HEAD.weight, weight);
  head.set(VALUE_HEAD.bias, bias);
}

/** A checkpoint's networks on `base`, with the tunings their graphs are built with. */
export interface LoadedCheckpoint {
  tuning: Tuning;
  policy: ParameterSet;
  critic: { tuning: Tuning; parameters: ParameterSet } | null;
  spec: CheckpointSpec;
  facts: Record<string, unknown>;
}

export interface LoadOptions {
  /**
   * What is laid out behind the policy: a value head, the checkpoint's where it has a shared one, or else one at zero; by
   * default only where it has one.
   */
  head?: HeadLayout;
  /** Whether a value network of its own is read where there is one. Default true. */
  critic?: boolean;
}

/**
 * Reads what `saveCheckpoint` wrote, once it is what was written.
 *
 * @throws {UserError} `damaged_checkpoint` naming the file that is missing or wrong, `unsupported_model` for a reward
 * model's
 */
export function loadCheckpoint(
  base: BaseModel,
  folder: string,
  options: LoadOptions = {},
): Promise<LoadedCheckpoint> {
  return asCheckpoint(folder, () => readNetworks(base, folder, options));
}

/** What `read` reads of a checkpoint's folder, all of one version. */
export async function asCheckpoint<T>(folder: string, read: () => Promise<T>): Promise<T> {
  try {
    return await ofOneVersion(folder, read);
  } catch (thrown) {
    // What a file of a checkpoint says wrong is not the model's fault.
    const isDamage = thrown instanceof UserError && thrown.code === "damaged_model";
    throw isDamage ? damaged(thrown.message, thrown) : thrown;
  }
}

/** What a manifest says of its networks. @throws {UserError} `damaged_checkpoint` */
export function networkOf(facts: Record<string, unknown>): CheckpointSpec {
  const { data: spec } = checkpointNetworkSchema.safeParse(facts.network);
  if (!spec) throw damaged("The checkpoint's manifest does not describe a network");
  return spec;
}

/** The same of a policy's. @throws {UserError} `unsupported_model` for a reward model's */
export function policySpec(facts: Record<string, unknown>): CheckpointSpec {
  const spec = networkOf(facts);
  if (!spec.score) return spec;
  throw new UserError(
    "unsupported_model",
    "Expected a checkpoint of a language model, got one of a reward model, which gives scores and no text",
  );
}

async function readNetworks(
  base: BaseModel,
  folder: string,
  options: LoadOptions,
): Promise<LoadedCheckpoint> {
  const { facts } = await readCheckpoint(folder);
  const spec = policySpec(facts);
  const shared = spec.value?.type === "shared";
  const { head = shared, critic: wanted = true } = options;
  const { tuning, policy } = await loadPolicy(base, folder, spec.trainable, head);
  const critic = wanted && spec.value?.type === "separate"
    ? await loadCritic(base, folder, spec.value)
    : null;
  const withHead = critic?.parameters ?? (shared && head === true ? policy : null);
  if (withHead) {
    const { weight, bias } = await readValueHead(folder, base.config.hidden_size);
    withHead.set(VALUE_HEAD.weight, weight);
    withHead.set(VALUE_HEAD.bias, bias);
  }
  return { tuning, policy, critic, spec, facts };
}

async function loadPolicy(
  base: BaseModel,
  folder: string,
  trainable: Trainable,
  head: HeadLayout,
): Promise<{ tuning: Tuning; policy: ParameterSet }> {
  if (trainable.type === "lora") {
    const { tuning, parameters } = await loadAdapter(base, folder, { head });
    return { tuning, policy: parameters };
  }
  const tuning = tuningOf(base.config, trainable);
  const policy = new ParameterSet(base.runtime, parameterGroups(base.config, tuning, { head }));
  await readFullWeights(folder, base.config, policy);
  return { tuning, policy };
}

async function loadCritic(
  base: BaseModel,
  folder: string,
  spec: Extract<CriticSpec, { type: "separate" }>,
): Promise<{ tuning: Tuning; parameters: ParameterSet }> {
  const source = await openSafetensorsFile(join(folder, CRITIC_ADAPTER));
  try {
    const tensors: Record<string, AdapterTensor> = {};
    for (const name of source.names()) {
      tensors[name] = { shape: source.info(name).shape, data: await source.readFloat32(name) };
    }
    const adapted = new Set(
      Object.keys(tensors).map((key) => key.slice(PEFT_PREFIX.length).replace(/\.lora_[AB]\.weight$/, "")),
    );
    // In the order of the layers, not of the file.
    const modules = new Map(
      linears(base.config).filter(({ module }) => adapted.has(module))
        .map(({ module }) => [module, { r: spec.r, scale: spec.alpha / spec.r }]),
    );
    return placeAdapter(base, { modules, tensors }, { head: true });
  } finally {
    source.close();
  }
}
