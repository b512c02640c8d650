/** The job that evaluates: prompts that a policy answers, scored and compared with another policy's answers. */
import { z } from "zod";
import { component } from "./component.ts";
import { rowsFaults } from "./dataset.ts";
import { generationFields, samplesPerPrompt } from "./evaluation_fields.ts";
import { jobFields } from "./job.ts";
import { onePolicy } from "./policy_names.ts";
import { promptSchema } from "./prompt.ts";
import { checkAnswers } from "./prompt_answers.ts";
import { refusing } from "./refuse.ts";
import { rewardSchema } from "./reward_schema.ts";

const generation = z.strictObject({
  max_new_tokens: generationFields.max_new_tokens.default(50).describe(
    "Longest completion, in tokens, the token that ends it included. Default 50.",
  ),
  temperature: generationFields.temperature.default(1).describe(
    "Sampling temperature, used for every log-probability too; 0 is greedy, with log-probabilities at 1. Default 1.",
  ),
  top_k: generationFields.top_k.default(0).describe("Default 0: off."),
  top_p: generationFields.top_p.default(1).describe("Default 1: off."),
  stop_token_ids: z.array(z.int().min(0).max(10_000_000)).max(64).default([]).describe(
    "Token ids that end a completion beside the model's own end-of-sequence ids. Default none.",
  ),
}).meta({ ...component("EvaluationGeneration"), description: "How completions are drawn" });

const fields = {
  model: z.string().min(1).max(200).describe("Name or id of the model."),
  checkpoint: jobFields.checkpoint.describe("The checkpoint to evaluate. Default null: the bare model."),
  adapter: jobFields.adapter.describe(
    "Instead: path of a PEFT adapter's folder, whole or below a folder of MODELS_DIR.",
  ),
  against: z.string().min(1).max(200).nullable().optional().describe(
    "What it is compared with, on the same prompts with the same random numbers: base, the bare model, or the id of another checkpoint of the model; null: nothing. Default base where a checkpoint or an adapter is evaluated, else null.",
  ) as unknown as z.ZodDefault<z.ZodNullable<z.ZodString>>,
  prompts: z.array(promptSchema).max(100_000).default([]).describe(
    "What to answer, if no dataset has it; at least one.",
  ),
  dataset: jobFields.dataset,
  columns: jobFields.columns,
  samples_per_prompt: samplesPerPrompt,
  batch_size: z.int().min(1).max(4096).default(8).describe(
    "Prompts per step, which are sampled together; changes memory and time, not results. Default 8.",
  ),
  reward: rewardSchema,
  generation: generation.prefault({}),
  checkpoint_every_steps: z.int().min(1).max(1_000_000).default(8).describe(
    "Keep what there is every this many steps: at most this many are lost in a crash. Default 8.",
  ),
  max_attempts: jobFields.max_attempts,
  device: jobFields.device,
  base_precision: jobFields.base_precision,
  seed: jobFields.seed,
  webhook: jobFields.webhook,
  metadata: jobFields.metadata,
};

/** An evaluation whose kind is given by `kind`. */
function evaluation<Kind extends z.ZodType<"evaluation">>(kind: Kind) {
  return z.strictObject({ kind, ...fields }).superRefine((job, context) => {
    const refuse = refusing(context);
    onePolicy(job, [], refuse);
    rowsFaults(job, "prompts", refuse);
    checkAnswers(job.reward, job.prompts, ["prompts"], refuse);
  }).overwrite((job) => ({ ...job, against: againstOf(job) }));
}

export const evaluationJobSchema = evaluation(z.literal("evaluation").describe("What is done.")).meta(
  component("EvaluationJob"),
);

/** The same where nothing else could be meant. */
export const evaluationRequestSchema = evaluation(
  z.literal("evaluation").default("evaluation").describe("What is done."),
).meta(
  component("EvaluationRequest"),
);

/** What a job compares with that does not say. */
function againstOf(
  { against, checkpoint, adapter }: {
    against: string | null | undefined;
    checkpoint: string | null;
    adapter: string | null;
  },
): string | null {
  if (against !== undefined) return against;
  return checkpoint === null && adapter === null ? null : "base";
}

export type EvaluationJobConfig = z.output<typeof evaluationJobSchema>;
export type EvaluationJobRequest = z.input<typeof evaluationJobSchema>;
