/** A checkpoint: its manifest, checkpoint.json, and how the API shows it. */
import { z } from "zod";
import { component } from "./component.ts";
import { layersSchema } from "./layers.ts";
import { metricsSchema } from "./progress.ts";
import { time } from "./time.ts";

export const checkpointFileSchema = z.object({
  name: z.string().describe("What it is downloaded by."),
  bytes: z.int().describe("Its size."),
  sha256: z.string().describe("Of its bytes, in hexadecimal."),
}).meta(component("CheckpointFile"));

export type CheckpointFile = z.output<typeof checkpointFileSchema>;

/** What checkpoint.json holds beside its version; `facts` are its writer's. */
export const manifestSchema = z.object({
  files: z.array(checkpointFileSchema),
  facts: z.record(z.string(), z.unknown()),
  /** Of the above; the first version had none. */
  sha256: z.string().optional(),
});

/** The layers that have adapters, by the last part of their names. */
const targetModules = z.union([z.literal("all-linear"), z.array(z.string()).readonly()]);

/** Which layers were trained: all of them where a manifest names none, as one from before they could be named does. */
const layers = layersSchema.nullable().optional();

const adapterShape = { r: z.number(), alpha: z.number(), target_modules: targetModules, layers };

/** What of the base was trained. A manifest may say more, such as learning rates. */
const trainedSchema = z.discriminatedUnion("type", [
  // A manifest from before there was dropout names none.
  z.object({ type: z.literal("lora"), ...adapterShape, dropout: z.number().optional() }),
  z.object({ type: z.literal("full"), layers }),
]);

/** The value network: an adapter of its own, or a head on the policy's trunk. */
const criticSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("separate"), ...adapterShape }),
  z.object({ type: z.literal("shared") }),
]);

/** A scalar head in the place of the language model's: what was trained is a reward model. */
const scoreSchema = z.object({
  /** What programs that look for a sequence's last token pad with: never the token that ends one. */
  pad_token_id: z.int(),
  /** Its text; null where the tokenizer has none for it. */
  pad_token: z.string().nullable(),
});

/**
 * The networks of a checkpoint, the fact `network` of its manifest; `value` is null for a job without a critic, and
 * `score` is there for a reward model alone.
 */
export const checkpointNetworkSchema = z.object({
  trainable: trainedSchema,
  value: criticSchema.nullable(),
  score: scoreSchema.optional(),
});

/** How a reward model's raw scores are spread over reference samples: with it they are told as (score − mean) / std. */
export const normalizationSchema = z.object({
  mean: z.number(),
  std: z.number().gt(0),
  /** How many samples it was measured on. */
  samples: z.int(),
});

export type Normalization = z.output<typeof normalizationSchema>;
export type ScoreSpec = z.output<typeof scoreSchema>;

export type CriticSpec = z.output<typeof criticSchema>;
export type CheckpointSpec = z.output<typeof checkpointNetworkSchema>;

/**
 * `epoch`: an epoch has ended. `steps`: the job asks for one every so many steps. `pause`: it was paused. `best`: an
 * evaluation between them found it the best so far. `stop`: the job stopped before its last step.
 */
export const CHECKPOINT_REASONS = ["epoch", "steps", "pause", "best", "stop"] as const;

export type CheckpointReason = (typeof CHECKPOINT_REASONS)[number];

/** A checkpoint as the API shows it. */
export const checkpointSchema = z.object({
  id: z.string().describe("Names the checkpoint in paths and requests."),
  job_id: z.string().describe("The job that wrote it."),
  epoch: z.int().describe("From 1."),
  step: z.int().describe("From 1."),
  reason: z.enum(CHECKPOINT_REASONS).describe(
    "epoch: it has ended. steps: checkpoint_every_steps. pause: the job was paused, or the server stopped. best: an evaluation found it the best so far. stop: the job stopped early.",
  ),
  files: z.array(checkpointFileSchema).describe("What it is made of."),
  metrics: metricsSchema,
  created_at: time.describe("When it was written."),
}).meta({ ...component("Checkpoint"), description: "What a job wrote, to be used or continued from" });

export type CheckpointView = z.output<typeof checkpointSchema>;
