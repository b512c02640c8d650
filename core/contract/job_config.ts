/**
 * A job's configuration as answers show it: the request of its kind with every default filled in, without its rows. Where
 * rewards have secrets there are masks, and the webhook's secret is in the answer that created the job only.
 */
import { z } from "zod";
import { component } from "./component.ts";
import { evaluationJobSchema } from "./evaluation_job.ts";
import { ppoJobSchema } from "./ppo_job.ts";
import { rewardModelJobSchema } from "./reward_model_job.ts";
import { sftJobSchema } from "./sft_job.ts";

const { prompts: _prompts, ...ppo } = ppoJobSchema.shape;
const { examples: _examples, ...sft } = sftJobSchema.shape;
const { preferences: _preferences, ...reward_model } = rewardModelJobSchema.shape;
const { prompts: _evaluated, ...evaluation } = evaluationJobSchema.shape;

export const jobConfigSchema = z.discriminatedUnion("kind", [
  z.object(ppo).meta({ ...component("PpoJobConfig"), description: "Of a PPO job" }),
  z.object(sft).meta({ ...component("SftJobConfig"), description: "Of a job of supervised fine-tuning" }),
  z.object(reward_model).meta({
    ...component("RewardModelJobConfig"),
    description: "Of a job that trains a reward model",
  }),
  z.object(evaluation).meta({ ...component("EvaluationJobConfig"), description: "Of an evaluation" }),
]).meta({
  ...component("JobConfig"),
  description: "The request with every default filled in, without its rows",
});
