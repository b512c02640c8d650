/** Requests for jobs as the document shows them: each runs on the embedded model as it is. */
import type { JobKind, TrainingJobRequest } from "../core/contract/training_job.ts";
import type { NamedExample } from "./json_content.ts";

const PROMPTS = [
  "POST: The bakery stopped making the bread I like.\nTL;DR:",
  "POST: My neighbor practices the drums every night.\nTL;DR:",
];

const EXAMPLES = {
  ppo: {
    summary: "PPO towards completions of ten tokens",
    value: {
      kind: "ppo",
      model: "tiny",
      prompts: PROMPTS,
      epochs: 3,
      ppo: { batch_size: 2, max_new_tokens: 24, learning_rate: 0.001 },
      reward: { type: "length", target: 10 },
    },
  },
  sft: {
    summary: "Supervised fine-tuning on prompts and completions",
    value: {
      kind: "sft",
      model: "tiny",
      examples: PROMPTS.map((prompt) => ({ prompt, completion: " This is short." })),
      sft: { learning_rate: 0.001 },
    },
  },
  reward_model: {
    summary: "A reward model from pairs of answers",
    value: {
      kind: "reward_model",
      model: "tiny",
      preferences: PROMPTS.map((prompt) => ({ prompt, chosen: " Short.", rejected: " This one is not." })),
      held_out: 0,
    },
  },
  evaluation: {
    summary: "Scores of the bare model",
    value: {
      kind: "evaluation",
      model: "tiny",
      prompts: PROMPTS,
      samples_per_prompt: 2,
      reward: { type: "length", target: 10 },
      generation: { max_new_tokens: 24 },
    },
  },
} satisfies { [Kind in JobKind]: NamedExample & { value: TrainingJobRequest & { kind: Kind } } };

export const JOB_EXAMPLES: Record<string, NamedExample> = EXAMPLES;

const { kind: _, ...evaluation } = EXAMPLES.evaluation.value;

/** Where the kind need not be said. */
export const EVALUATION_EXAMPLES = {
  evaluation: { ...EXAMPLES.evaluation, value: evaluation },
};
