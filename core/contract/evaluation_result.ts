/** What an evaluation comes to: the `result` of its job. */
import { z } from "zod";
import { component } from "./component.ts";

const ci95 = z.tuple([z.number(), z.number()]).nullable().describe(
  "95 % confidence interval of the mean: Student's, over the means of prompts. Null with fewer than two prompts.",
);

const mean = z.object({ mean: z.number().describe("Over all completions."), ci95 });

/** What is measured of the completions of one policy. */
const measured = {
  kl: z.number().nullable().describe(
    "Mean over the sequences of the k1 estimate of the KL from the bare model (in a training job, from its reference), in nats per sequence.",
  ),
  entropy: z.number().nullable().describe("Mean over the tokens, in nats, at the sampling temperature."),
  length: z.number().describe("Mean tokens of a completion, the token that ends it included."),
  finish_share: z.number().describe("Share of the completions that ended by themselves."),
  distinct_1: z.number().describe(
    "Different tokens by all tokens, over the first 65,536 tokens of the completions.",
  ),
  distinct_2: z.number().describe("The same of pairs of tokens."),
};

const share = z.number().nullable();

export const evaluationResultSchema = z.object({
  n: z.int().describe("Completions of each policy."),
  prompts: z.int().describe("How many were answered."),
  reward: mean.extend({
    against: z.number().nullable().describe("The other policy's mean."),
    difference: mean.nullable().describe("Of the pairs: this policy's score less the other's."),
  }).describe("Scores by the job's reward."),
  terms: z.record(
    z.string(),
    mean.extend({ against: z.number().nullable().describe("The other policy's mean.") }),
  ).describe(
    "The same of each part of the reward.",
  ),
  ...measured,
  win_rate: share.describe("Share of the n pairs in which this policy's score is the higher one."),
  wins: z.int().nullable().describe("Pairs in which this policy's score is the higher one."),
  ties: z.int().nullable().describe("Pairs of equal scores, which are neither won nor lost."),
  losses: z.int().nullable().describe("Pairs in which the other's is."),
  against: z.object(measured).nullable().describe("The other policy's."),
  samples: z.array(z.object({
    prompt: z.string().describe("As the model saw it."),
    completion: z.string().describe("What the policy answered."),
    against: z.string().nullable().describe("What the other one answered."),
    score: z.number().describe("Of the completion."),
    against_score: z.number().nullable().describe("Of the other one's."),
  })).describe("The first prompts' first completions, cut where they are long."),
}).meta({ ...component("EvaluationResult"), description: "What an evaluation comes to" });

export type EvaluationResult = z.output<typeof evaluationResultSchema>;
