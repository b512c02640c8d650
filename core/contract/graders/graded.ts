/** What a grader says of one row, as OpenAI's `alpha.graders.run` has it. */
import { z } from "zod";
import { component } from "../component.ts";

/** What can go wrong with a row. Each is a flag of its grade: the row's reward is then 0, and nothing fails. */
export const GRADER_FAULTS = [
  "formula_parse_error",
  "sample_parse_error",
  "truncated_observation_error",
  "unresponsive_reward_error",
  "invalid_variable_error",
  "other_error",
  "python_grader_server_error",
  "python_grader_runtime_error",
  "model_grader_server_error",
  "model_grader_refusal_error",
  "model_grader_parse_error",
] as const;

export const graderFaultSchema = z.enum(GRADER_FAULTS);

export type GraderFault = z.output<typeof graderFaultSchema>;

const flag = z.boolean();
const details = z.string().nullable();

export const graderErrorsSchema = z.object({
  formula_parse_error: flag.describe("The formula of a multi grader has no finite value."),
  sample_parse_error: flag.describe("sample.output_json is asked for, and the text is not JSON."),
  truncated_observation_error: flag.describe("Always false: no sample is cut."),
  unresponsive_reward_error: flag.describe("Always false."),
  invalid_variable_error: flag.describe("A template names what is not there."),
  other_error: flag.describe(
    "What is none of the others, such as a text that is too long once it is filled in.",
  ),
  python_grader_server_error: flag.describe(
    "A python grader took too long or too much memory, or could not be run.",
  ),
  python_grader_server_error_type: details.describe(
    "timeout, out_of_memory, crashed or unavailable; else null.",
  ),
  python_grader_runtime_error: flag.describe("A python grader threw, or gave no finite number."),
  python_grader_runtime_error_details: details.describe("The end of its traceback; else null."),
  model_grader_server_error: flag.describe("A judge did not answer, or answered with an error."),
  model_grader_refusal_error: flag.describe("A judge refused."),
  model_grader_parse_error: flag.describe("A judge gave no number."),
  model_grader_server_error_details: details.describe("What was answered instead; else null."),
}).meta({ ...component("GraderErrors"), description: "What went wrong with the row, each fault as a flag" });

export type GraderErrors = z.output<typeof graderErrorsSchema>;

/** Tokens that a judge has read and written. */
export const tokenUsageSchema = z.object({
  prompt_tokens: z.int().min(0).describe("That the judge read."),
  completion_tokens: z.int().min(0).describe("That the judge wrote."),
  total_tokens: z.int().min(0).describe("Both together."),
});

export type TokenUsage = z.output<typeof tokenUsageSchema>;

export const gradedSchema = z.object({
  reward: z.number().describe("What the grader gives; 0 where it failed."),
  sub_rewards: z.record(z.string(), z.number()).describe("Of a multi grader: what each of its graders gave."),
  model_grader_token_usage_per_model: z.record(z.string(), tokenUsageSchema).describe(
    "Tokens of each judge that was asked.",
  ),
  metadata: z.object({
    name: z.string().describe("The grader's name, or its type."),
    type: z.string().describe("The grader's type."),
    scores: z.record(z.string(), z.number()).describe("The same as sub_rewards."),
    execution_time: z.number().describe("How long it took, in seconds."),
    token_usage: z.int().nullable().describe("Tokens of all judges; null where none was asked."),
    sampled_model_name: z.string().nullable().describe("The judge that was asked; null where none was."),
    errors: graderErrorsSchema,
  }).describe("How it went."),
}).meta(component("GraderResult"));

/** A row's grade. */
export type Graded = z.output<typeof gradedSchema>;
