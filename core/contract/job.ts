/** What training jobs of all kinds share: each field of a request once, for the kinds' schemas to pick from. */
import { z } from "zod";
import { component } from "./component.ts";
import "../field_messages.ts";
import { deviceSchema } from "../device_name.ts";
import { layersSchema } from "./layers.ts";
import { metadataSchema } from "./metadata.ts";
import { webhookSecretSchema, webhookUrlSchema } from "./webhook_schema.ts";
import { datasetFields } from "./dataset.ts";
import { earlyStopSchema, metricName } from "./watched_metric.ts";
import type { Refuse } from "./refuse.ts";

const targetModules = z.union([
  z.literal("all-linear"),
  z.array(z.string().min(1).max(100)).min(1).max(64),
], {
  error: (issue) => issue.code === "invalid_union" ? "Expected all-linear or names of layers" : undefined,
}).default("all-linear").describe(
  "Linear layers that get an adapter, by the last part of their name. Default all of them.",
);

const rank = z.int().min(1).max(1024).default(16).describe("Rank of the adapters. Default 16 (ours).");
const alpha = z.number().gt(0).max(65536).default(32).describe(
  "The adapters' output is scaled by alpha / r. Default 32 (ours).",
);

const layers = layersSchema.nullable().default(null).describe(
  "Layers that are trained: { last: how many }, as trlX's num_layers_unfrozen, or their numbers from 0, as PEFT's layers_to_transform. Of all weights (full) those of the named layers alone: embedding, final norm and head stay as they are. What comes out of the layers below the first is computed once for a step's rollouts, and gradients stop there. Default null: all.",
);

/** A part of an adapter's input; not all of it. */
export const dropout = z.number().min(0).lt(1);

/** An adapter, of the policy or of a value network. */
export const adapterFields = { r: rank, alpha, target_modules: targetModules };

/** Which weights a job changes. */
const trainableSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("lora").describe("What is trained."),
    r: rank,
    alpha,
    dropout: dropout.default(0).describe(
      "Part of the adapters' input that is dropped at random in training, as PEFT's lora_dropout; to the nearest 1/4096. Never in sampling, references or evaluation. PPO's masks are the same in a rollout's log-probabilities and all its updates. Default 0.",
    ),
    target_modules: targetModules,
    layers,
  }).meta({ ...component("LoraTrainable"), description: "Adapters on frozen weights" }),
  z.strictObject({ type: z.literal("full").describe("What is trained."), layers }).meta({
    ...component("FullTrainable"),
    description: "All weights",
  }),
]).meta({ ...component("Trainable"), description: "Which weights a job changes" });

const webhookSchema = z.strictObject({
  url: webhookUrlSchema.describe("A public https URL, or one that the server's OUTBOUND_ALLOW opens."),
  secret: webhookSecretSchema.optional().describe("Signs the deliveries (Standard Webhooks)."),
}).meta(component("JobWebhook"));

const keepSchema = z.strictObject({
  last: z.int().min(1).max(10_000).default(1).describe("The newest so many. Default 1."),
  best_by: metricName.nullable().default(null).describe(
    "And the one where this metric of its epoch, or of the evaluation after its step, is best: highest, but lowest where the name ends in loss, perplexity or kl. Default null: none.",
  ),
}).meta(component("Keep"));

/** Which checkpoints of a job stay. */
export type KeepConfig = z.output<typeof keepSchema>;

/** What matrices are held and multiplied as. */
const basePrecision = z.enum(["float32", "int8", "bfloat16", "float16"]);
/** The fields, for a kind to list in the order that its configuration is shown in. */
export const jobFields = {
  model: z.string().min(1).max(200).describe("Name or id of the model to train."),
  checkpoint: z.string().min(1).max(200).nullable().default(null).describe(
    "Checkpoint to start from instead of the bare model.",
  ),
  adapter: z.string().min(1).max(500).nullable().default(null).describe(
    "Instead: path of a PEFT adapter's folder, whole or below a folder of MODELS_DIR. Its layers are those that are trained; trainable.r and alpha must be its own, and trainable.layers, if given.",
  ),
  ...datasetFields,
  epochs: z.int().min(1).max(10_000).default(1).describe(
    "Passes over the prompts, in a new order each. Default 1.",
  ),
  checkpoint_every_steps: z.int().min(1).max(1_000_000).nullable().default(null).describe(
    "Write a checkpoint every this many steps too, to resume from after a crash: at most this many steps are lost. Default null: after each epoch, and on a pause.",
  ),
  keep: keepSchema.nullable().default(null).describe(
    "Which checkpoints stay once newer ones are there; the newest two always do. Default null: all.",
  ),
  early_stop: earlyStopSchema.nullable().default(null).describe(
    "End the job, succeeded, when a metric gets no better. Default null: it does all its steps.",
  ),
  replicas: z.int().min(1).max(64).default(1).describe(
    "Processes that train the job, each its share of the rows of every batch. What it comes to is the same but for the order in which gradients are added. More than 1 needs a server whose LAUNCHER can place them. Default 1.",
  ),
  max_attempts: z.int().min(1).max(20).default(3).describe(
    "How many attempts may end by a crash, a stall or want of memory until the job fails; each continues from the newest checkpoint. Default 3.",
  ),
  trainable: trainableSchema.prefault({ type: "lora" }),
  device: deviceSchema.nullable().default(null).describe(
    "cpu, cuda, or a GPU by its index, cuda:1. Refused if it cannot be had. Default null: the server's DEVICE.",
  ),
  base_precision: basePrecision.nullable().default(null).describe(
    "What the frozen matrices of layers and head are held and multiplied as, for policy, reference, value network and rollouts alike. int8: 8 bits, faster and smaller on a CPU, at a cost in exactness; needs trainable.type lora. bfloat16 and float16: layers compute in 16 bits, on a GPU; the head stays float32. Default null: float32 (exact) on a CPU, bfloat16 on a GPU.",
  ),
  seed: z.int().min(0).default(0).describe("Two runs of one seed are equal on one machine's CPU. Default 0."),
  webhook: webhookSchema.nullable().default(null).describe(
    "Where this job's events are posted to, beside the webhooks for all jobs. Default null: nowhere.",
  ),
  metadata: metadataSchema.default({}).describe("Up to 16 texts of your own, kept with the job."),
};

/** Passes of a job over what it works on: one where its kind has no others. */
export function epochsOf({ epochs = 1 }: { kind: string; epochs?: number }): number {
  return epochs;
}

/** Processes that train a job: one where its kind has no such field. */
export function replicasOf({ replicas = 1 }: { kind: string; replicas?: number }): number {
  return replicas;
}

export type TrainableConfig = z.output<typeof trainableSchema>;

/** An adapter by all defaults on these layers, in the place of their weights. */
export function defaultAdapter(layers: TrainableConfig["layers"]): TrainableConfig {
  return { ...trainableSchema.parse({ type: "lora" }), layers };
}

/** The part of the adapters' input that is dropped in training; 0 where there are none. */
export function dropoutOf(trainable: TrainableConfig): number {
  return trainable.type === "lora" ? trainable.dropout : 0;
}

/** What is wrong with fields that are each right by themselves, in a job of any kind. */
export function jobFaults(
  { checkpoint, adapter, trainable, base_precision }: {
    checkpoint: string | null;
    adapter: string | null;
    trainable: TrainableConfig;
    base_precision: string | null;
  },
  refuse: Refuse,
): void {
  if (adapter !== null && checkpoint !== null) {
    refuse(["adapter"], "Expected a checkpoint or an adapter, got both");
  }
  if (trainable.type === "lora") return;
  if (adapter !== null) {
    refuse(["adapter"], "Expected trainable.type lora to continue from an adapter, got full");
  }
  if (base_precision === "int8") refuse(["base_precision"], needsFrozen("base_precision"));
}

/** Why a field cannot be int8 where all weights are trained. */
export function needsFrozen(field: string): string {
  return `Expected another ${field} than int8, which needs frozen matrices: trainable.type full changes them in every step`;
}
