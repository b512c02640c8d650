/** The job of supervised fine-tuning: examples of what to say. What it shares with PPO is declared there. */
import { z } from "zod";
import { jobFaults, jobFields } from "./job.ts";
import { ppoSchema } from "./ppo_job.ts";
import { promptSchema } from "./prompt.ts";
import { refusing } from "./refuse.ts";

const {
  adam_beta1,
  adam_beta2,
  adam_eps,
  max_grad_norm,
  weight_decay,
  lr_scheduler,
  min_lr_ratio,
  warmup_steps,
} = ppoSchema.shape;

export const sftSchema = z.strictObject({
  batch_size: z.int().min(1).max(65536).default(8).describe(
    "Examples per step, which is one optimizer step; the last of an epoch is filled up from its start. Default 8 (ours).",
  ),
  micro_batch_size: z.int().min(1).max(65536).nullable().default(null).describe(
    "Examples per forward and backward run; must divide batch_size. Changes memory, not results. Default null: the whole batch.",
  ),
  learning_rate: z.number().gt(0).max(1).default(1e-4).describe("Peak learning rate. Default 1e-4 (ours)."),
  ...{ lr_scheduler, min_lr_ratio, warmup_steps },
  ...{ adam_beta1, adam_beta2, adam_eps, max_grad_norm, weight_decay },
}).superRefine(({ batch_size, micro_batch_size }, context) => {
  if (micro_batch_size === null || batch_size % micro_batch_size === 0) return;
  const message = `micro_batch_size ${micro_batch_size} does not divide batch_size ${batch_size}`;
  context.addIssue({ code: "custom", path: ["micro_batch_size"], message });
}).meta({ id: "SftConfig" });

/** What follows a prompt, without the token that ends it. */
const exampleSchema = z.strictObject({
  prompt: promptSchema,
  completion: z.string().min(1).max(1_000_000),
});

export const sftJobSchema = z.strictObject({
  kind: z.literal("sft"),
  ...jobFields,
  examples: z.array(exampleSchema).min(1).max(100_000),
  sft: sftSchema.prefault({}),
}).superRefine((job, context) => {
  jobFaults(job, refusing(context));
}).meta({ id: "SftJob" });

export type SftJobConfig = z.output<typeof sftJobSchema>;
