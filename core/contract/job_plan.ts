/** What a job will do and need, known before anything is loaded: the answer to a check and to a dry run. */
import { z } from "zod";
import { component } from "./component.ts";

/** What the job is estimated to need; a checked plan has all of it. */
const estimateSchema = z.looseObject({
  memory_bytes: z.number().describe("The engine's peak; `memory` says of what."),
  memory: z.record(z.string(), z.number()).optional().describe("Bytes by what takes them."),
  machine_bytes: z.number().optional().describe(
    "What the machine, or the server's part of it, has in all.",
  ),
  available_bytes: z.number().optional().describe("What of the machine is free for it now."),
  step_flops: z.number().optional().describe("Operations of one step's products."),
  step_seconds: z.number().optional().describe(
    "By the rate of a large product and of reading on this machine.",
  ),
});

/** What becomes of the examples of supervised fine-tuning. */
const examplesSchema = z.object({
  trained: z.int().describe("That are learned."),
  held_out: z.int().describe("That are measured and not learned."),
  truncated: z.int().describe("Longer than sft.max_length or the model's context, and so cut at their ends."),
  empty: z.int().describe("Of those, with nothing left to learn."),
  tokens: z.int().describe("That are learned, held-out ones included."),
});

export const jobPlanSchema = z.object({
  steps: z.int().describe("Optimizer or PPO steps in all."),
  steps_per_epoch: z.int().describe("Steps of an epoch."),
  prompt_tokens: z.object({
    min: z.number().describe("Of the shortest."),
    mean: z.number().describe("Of all, in the mean."),
    max: z.number().describe("Of the longest."),
  }).describe("How long the rows' prompts are, in tokens."),
  examples: examplesSchema.optional().describe(
    "What becomes of the examples; of jobs that learn from given texts.",
  ),
  trainable_parameters: z.int().describe("Numbers that are trained."),
  base_parameters: z.int().describe("Numbers that the model has."),
  repeats: z.boolean().optional().describe(
    "False where a rollout server samples: another run of the job, or one that resumes, need not give the same bytes.",
  ),
  estimate: estimateSchema.describe("What the job is estimated to need."),
}).meta({ ...component("JobPlan"), description: "What a job will do and need" });

export type JobPlan = z.output<typeof jobPlanSchema>;
