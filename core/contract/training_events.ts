/** What a training says while it runs, and at its end. It names no job, row or URL; epochs and steps count from 1. */
import { z } from "zod";
import { component } from "./component.ts";
import { CHECKPOINT_REASONS, checkpointFileSchema } from "./checkpoint.ts";
import { evaluationResultSchema } from "./evaluation_result.ts";
import { jobPlanSchema } from "./job_plan.ts";
import { metricsSchema, progressSchema, sentMetricsSchema } from "./progress.ts";
import { stepRecordsSchema } from "./records.ts";

/** How many rollouts of a step an event shows, at most. */
export const STEP_SAMPLES = 4;

/** One rollout of a step, for people to read. */
export const sampleSchema = z.object({
  prompt: z.string().describe("As the model saw it."),
  completion: z.string().describe("What it answered."),
  score: z.number().describe("What the reward gave, after shaping."),
}).meta(component("Sample"));

/** Something about a job that somebody should look at; it goes on. */
export const warningSchema = z.object({
  code: z.string().describe("docs/jobs.md says what each means."),
  detail: z.string().describe("What is wrong, with figures, and what helps."),
  figures: metricsSchema.describe("What it was seen by."),
  step: z.int().describe("The step that it is about."),
}).meta({
  ...component("Warning"),
  description: "Something about a job that somebody should look at; it goes on",
});

export const trainingEventSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("started"),
    plan: jobPlanSchema,
    progress: progressSchema,
    /** The step that the checkpoint was written after, and where it is; null for a job that begins at its first step. */
    resumed: z.object({ step: z.int(), folder: z.string() }).nullable(),
    /** Folders to continue from that were passed over: damaged, or of another job or base. */
    damaged: z.array(z.string()),
  }),
  z.object({
    type: z.literal("step"),
    progress: progressSchema,
    metrics: sentMetricsSchema,
    samples: z.array(sampleSchema),
    /** Where the job keeps records of the step: they are on the disk. */
    records: stepRecordsSchema.optional(),
  }),
  /** An evaluation goes on: so many of its prompts are done. */
  z.object({ type: z.literal("evaluating"), step: z.int(), done: z.int(), of: z.int() }),
  /** What the policy after a step, 0 before the first, came to. The metrics are in the step's and the epoch's as well. */
  z.object({
    type: z.literal("evaluation"),
    step: z.int(),
    progress: progressSchema,
    metrics: sentMetricsSchema,
    samples: z.array(sampleSchema),
  }),
  /** `metrics` always has policy_loss, kl_div and avg_reward, and with a critic value_loss, beside the means of the step metrics. */
  z.object({
    type: z.literal("epoch"),
    epoch: z.int(),
    progress: progressSchema,
    metrics: sentMetricsSchema,
  }),
  z.object({
    type: z.literal("checkpoint"),
    reason: z.enum(CHECKPOINT_REASONS),
    /** The epoch that the step is of. */
    epoch: z.int(),
    step: z.int(),
    folder: z.string(),
    /** Those that are for anybody; what only resuming needs is not among them. */
    files: z.array(checkpointFileSchema),
    /** The epoch's means; those of its steps so far where it has not ended. */
    metrics: sentMetricsSchema,
  }),
  /** After the step that it is about. */
  warningSchema.extend({ type: z.literal("warning"), figures: sentMetricsSchema }),
]);

/** Why a job ended before its last step, as it was told to. */
export const stoppedSchema = z.object({
  code: z.string().describe("What ended it, for programs."),
  detail: z.string().describe("The same for people."),
}).meta({ ...component("Stopped"), description: "Why a job ended before its last step" });

export type Stopped = z.output<typeof stoppedSchema>;

/** The result of a training. */
export const trainingSummarySchema = z.object({
  progress: progressSchema,
  metrics: sentMetricsSchema,
  /** Whether it ended by a `pause`, with steps left. */
  paused: z.literal(true).optional(),
  /** Why it ended with steps left that it need not do. */
  stopped: stoppedSchema.optional(),
  /** What an evaluation came to. */
  result: evaluationResultSchema.optional(),
});

export type Sample = z.output<typeof sampleSchema>;
export type Warning = z.output<typeof warningSchema>;
export type TrainingEvent = z.output<typeof trainingEventSchema>;
export type TrainingSummary = z.output<typeof trainingSummarySchema>;
