/** Training jobs of all kinds: a table from kind to schema, and the request that is one of them. */
import { z } from "zod";
import { component } from "./component.ts";
import { evaluationJobSchema } from "./evaluation_job.ts";
import { ppoJobSchema } from "./ppo_job.ts";
import { rewardModelJobSchema } from "./reward_model_job.ts";
import { sftJobSchema } from "./sft_job.ts";

/** Each kind of job as a request gives it. */
const SCHEMAS = {
  ppo: ppoJobSchema,
  sft: sftJobSchema,
  reward_model: rewardModelJobSchema,
  evaluation: evaluationJobSchema,
};

export type JobKind = keyof typeof SCHEMAS;

export const JOB_KINDS = Object.keys(SCHEMAS) as [JobKind, ...JobKind[]];

export const trainingJobSchema = z.discriminatedUnion(
  "kind",
  Object.values(SCHEMAS) as [(typeof SCHEMAS)[JobKind], ...(typeof SCHEMAS)[JobKind][]],
  { error: (issue) => issue.code === "invalid_union" ? `Expected ${JOB_KINDS.join(", ")}` : undefined },
).meta(component("TrainingJobRequest"));

/** What a client may send. */
export type TrainingJobRequest = z.input<typeof trainingJobSchema>;

/** A job with every default filled in: what is stored, shown and run. */
export type TrainingJobConfig = z.output<typeof trainingJobSchema>;
