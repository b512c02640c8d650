/** What a job will do and need, worked out from headers and prompts alone: the `check` command and every job's start. */
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import type { AdapterSpec } from "../../../kernels/models/adapter_spec.ts";
import { linears } from "../../../kernels/models/linears.ts";
import type { Target } from "../../../kernels/nn/numerics.ts";
import { MAX_INT8_TERMS } from "../../../kernels/ops/quantization.ts";
import { attributeTo, invalid } from "../../errors.ts";
import { checkpointNetworkSchema, type CriticSpec } from "../../contract/checkpoint.ts";
import { readAdapter } from "../../formats/adapter_files.ts";
import { checkWeights } from "../../weights/check_weights.ts";
import { checkPlaces } from "../../weights/load_adapter.ts";
import { readCheckpoint } from "../../formats/checkpoint_folder.ts";
import { modelKey } from "../../formats/model_name.ts";
import { readModelInfo } from "../../weights/model_weights.ts";
import { parameterGroups, type Trainable, tuningOf, weightShapes } from "../../weights/parameter_layout.ts";
import type { ParameterGroup } from "../../weights/parameter_set.ts";
import { type FolderConfig, readConfig } from "../../formats/read_config.ts";
import type { TrainingJobConfig } from "../../contract/training_job.ts";
import type { PreparedPrompt } from "../../tokenizer/prepared_prompt.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import { rewardModels } from "../../contract/reward_schema.ts";
import type { TextTokenizer } from "../../tokenizer/tokenizer.ts";
import { sameTokenizer } from "../../tokenizer/same_tokenizer.ts";
import { fittingCost } from "../require_memory.ts";
import { cachedTokenizer } from "../../tokenizer/cached_tokenizer.ts";
import { type JobCost, jobCost } from "./cost.ts";
import { type MachineMemory, machineMemory } from "../../system_memory.ts";
import { preparePrompt } from "../../tokenizer/prepare_prompts.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import type { JobPlan } from "../../contract/job_plan.ts";
import { TextWork } from "../../serve/text_work.ts";

/** The cost, and what the machine has in all and what is free of it now. */
export interface JobEstimate extends JobCost {
  machine_bytes: number;
  available_bytes: number;
}

export interface PlannedJob {
  plan: JobPlan & { estimate: JobEstimate };
  info: FolderConfig;
  tokenizer: TextTokenizer;
  prompts: PreparedPrompt[];
}

export interface PlanOptions {
  /** Of the engine that will train. */
  threads: number;
  target: Target;
  machine: MachineMemory;
  /** What a job must fit: what the machine could give it some day, or what it can give now. */
  within: keyof MachineMemory;
}

/** Options for this machine as it is. */
export function planOptions(
  { threads, target }: { threads: number; target: Target },
  within: keyof MachineMemory,
): PlanOptions {
  return { threads, target, machine: machineMemory(), within };
}

/**
 * Checks everything about a job that can be known without loading weights.
 *
 * @throws {UserError} naming the field or file that is wrong
 */
export async function planJob(
  job: TrainingJobConfig,
  folders: JobFolders,
  options: PlanOptions = planOptions({ threads: navigator.hardwareConcurrency, target: "cpu" }, "total"),
  text = new TextWork(),
): Promise<PlannedJob> {
  const info = await attributeTo("model", readModelInfo(folders.model));
  if (info.task !== "causal_lm") {
    throw invalid(
      "model",
      `Expected a language model, got a ${info.task}: '${job.model}'`,
      "unsupported_model",
    );
  }
  await attributeTo("model", checkWeights(folders.model, info));
  checkInt8(job, info.model);
  const rewards = await checkRewards(job, folders, text);
  if (folders.checkpoint) await checkCheckpoint(job, folders.checkpoint);
  const adapter = folders.adapter ? await checkAdapter(job, info, folders.adapter) : undefined;
  const tokenizer = await attributeTo("model", text.whole(() => cachedTokenizer(folders.model)));
  for (const [index, id] of job.ppo.stop_token_ids.entries()) {
    if (id >= info.model.vocab_size) {
      throw invalid(
        `ppo.stop_token_ids.${index}`,
        `Expected an id below the model's vocabulary of ${info.model.vocab_size}, got ${id}`,
        "invalid_token_id",
      );
    }
  }
  const room = job.ppo.max_new_tokens;
  const prompts = await text.map(
    job.prompts,
    (prompt, index) => preparePrompt(prompt, `prompts.${index}`, { info, tokenizer, room }),
  );
  return { plan: planOf(job, info, prompts, { rewards, adapter }, options), info, tokenizer, prompts };
}

function planOf(
  job: TrainingJobConfig,
  { model }: FolderConfig,
  prompts: readonly PreparedPrompt[],
  { rewards, adapter }: { rewards: readonly ModelConfig[]; adapter: AdapterSpec | undefined },
  { threads, target, machine, within }: PlanOptions,
): PlannedJob["plan"] {
  const lengths = prompts.map(({ ids }) => ids.length);
  const steps_per_epoch = stepsPerEpoch(prompts.length, job.ppo.batch_size);
  const longestPrompt = lengths.reduce((a, b) => Math.max(a, b));
  for (const path of ["trainable", "value"] as const) {
    const network = job[path];
    if ("target_modules" in network) checkTargets(model, network.target_modules, `${path}.target_modules`);
  }
  const shape = { model, rewards, adapter, longestPrompt, threads, target };
  // What a GPU has is known to the engine that opens it: there, running out of memory quotes the estimate.
  const cost = target === "cpu" ? fittingCost(job, shape, machine[within]) : jobCost(job, shape);
  const tuning = adapter ? { type: "lora" as const, adapter } : tuningOf(model, job.trainable);
  const policy = parameterGroups(model, tuning, {
    head: job.value.type === "shared",
  });
  const critic = job.value.type === "separate"
    ? parameterGroups(model, tuningOf(model, { ...job.value, type: "lora" }), { head: true })
    : [];
  const trained = count([...policy, ...critic]);
  const base = weightShapes(model).reduce((sum, { shape }) => sum + size(shape), 0);
  return {
    steps: steps_per_epoch * job.epochs,
    steps_per_epoch,
    prompt_tokens: {
      min: lengths.reduce((a, b) => Math.min(a, b)),
      mean: lengths.reduce((a, b) => a + b, 0) / lengths.length,
      max: longestPrompt,
    },
    trainable_parameters: trained,
    base_parameters: base,
    estimate: { ...cost, machine_bytes: machine.total, available_bytes: machine.available },
  };
}

/** Sums of 8-bit products must fit 32 bits. */
function checkInt8(job: TrainingJobConfig, model: ModelConfig): void {
  for (const path of ["base_precision", "rollout_precision"] as const) {
    if (job[path] !== "int8") continue;
    const wide = linears(model).find(({ inFeatures, outFeatures }) =>
      Math.max(inFeatures, outFeatures) > MAX_INT8_TERMS
    );
    if (!wide) continue;
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
      `Expected names among ${[...known].join(", ")}, got '${unknown.join("', '")}'`,
    );
  }
}

function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function count(groups: readonly ParameterGroup[]): number {
  return groups.flatMap(({ parameters }) => parameters).reduce((sum, { shape }) => sum + size(shape), 0);
}

/** Gives the models' configurations, each once. */
async function checkRewards(
  job: TrainingJobConfig,
  folders: JobFolders,
  text: TextWork,
): Promise<ModelConfig[]> {
  const models = new Map<string, ModelConfig>();
  for (const name of rewardModels(job.reward)) {
    const folder = folders.rewards[name];
    if (!folder) throw invalid("reward", `There is no model '${name}'`, "unknown_model");
    const info = await attributeTo("reward", readConfig(folder));
    if (info.task !== "sequence_classifier" || info.num_labels !== 1) {
      throw invalid(
        "reward",
        `Expected a sequence classifier with 1 label, got a ${info.task} with ${
          info.num_labels ?? "no"
        } labels: '${name}'`,
        "unsupported_model",
      );
    }
    await attributeTo("reward", checkWeights(folder, info));
    if (!await sameTokenizer(folder, folders.model)) {
      await attributeTo("reward", text.whole(() => cachedTokenizer(folder)));
    }
    models.set(name, info.model);
  }
  return [...models.values()];
}

/** The adapter's layers, once it fits the model and what the job says of it. */
async function checkAdapter(
  job: TrainingJobConfig,
  { model }: FolderConfig,
  folder: string,
): Promise<AdapterSpec> {
  const { config, modules, tensors } = await attributeTo("adapter", readAdapter(folder));
  await attributeTo("adapter", () => checkPlaces(model, { modules, tensors }));
  const { trainable } = job; // the schema has seen to its being LoRA
  if (trainable.type === "lora" && (trainable.r !== config.r || trainable.alpha !== config.lora_alpha)) {
    throw invalid(
      "trainable",
      `Expected what the adapter has, r ${config.r} and alpha ${config.lora_alpha}, to continue from it, got r ` +
        `${trainable.r} and alpha ${trainable.alpha}`,
    );
  }
  return modules;
}

async function checkCheckpoint(job: TrainingJobConfig, folder: string): Promise<void> {
  const { facts } = await attributeTo("checkpoint", readCheckpoint(folder));
  const spec = checkpointNetworkSchema.optional().safeParse(facts.network).data;
  if (modelKey(String(facts.model)) !== modelKey(job.model)) {
    throw invalid("checkpoint", `Expected a checkpoint of '${job.model}', got one of '${facts.model}'`);
  }
  for (const path of ["trainable", "value"] as const) {
    const [had, wanted] = [layout(spec?.[path]), layout(job[path])];
    if (had !== wanted) {
      throw invalid(
        path,
        `Expected what the checkpoint was trained with, ${had}, to continue from it, got ${wanted}`,
      );
    }
  }
}

/** What decides which parameters there are, as text. */
function layout(network: Trainable | CriticSpec | null | undefined): string {
  if (!network) return "nothing";
  if (!("r" in network)) return network.type;
  const { type, r, alpha, target_modules: targets } = network;
  return `${type} of r ${r}, alpha ${alpha} on ${
    typeof targets === "string" ? targets : [...targets].sort()
  }`;
}
