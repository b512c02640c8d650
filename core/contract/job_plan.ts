/** What a job will do and need, known before anything is loaded: the answer to a check and to a dry run. */
import { z } from "zod";
import { component } from "./component.ts";

/** What the job is estimated to need; a checked plan has all of it. */
const estimateSchema = z.looseObject({
  memory_bytes: z.number().describe("The engine's peak; `memory` says of what."),
  memory: z.record(z.string(), z.number()).optional(),
  machine_bytes: z.number().optional().describe(
    "What the machine, or the server's part of it, has in all.",
  ),
  available_bytes: z.number().optional(),
  step_flops: z.number().optional().describe("Operations of one step's products."),
  step_seconds: z.number().optional().describe(
    "By the rate of a large product and of reading on this machine.",
  ),
});

/** What becomes of the examples of supervised fine-tuning. */
const examplesSchema = z.object({
  trained: z.int(),
  held_out: z.int(),
  truncated: z.int().describe("Longer than sft.max_length or the model's context, and so cut at their ends."),
  empty: z.int().describe("Of those, with nothing left to learn."),
  tokens: z.int().describe("That are learned, held-out ones included."),
});

export const jobPlanSchema = z.object({
  steps: z.int(),
  steps_per_epoch: z.int(),
  prompt_tokens: z.object({ min: z.number(), mean: z.number(), max: z.number() }),
  examples: examplesSchema.optional(),
  trainable_parameters: z.int(),
  base_parameters: z.int(),
  estimate: estimateSchema,
}).meta(component("JobPlan"));

export type JobPlan = z.output<typeof jobPlanSchema>;
