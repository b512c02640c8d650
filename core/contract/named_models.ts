/** The models that a job names beside its own: it reads their folders again whenever it goes on. */
import type { StoredConfig } from "./job_rows.ts";
import { rewardClassifiers, type RewardConfig, rewardGraders, rewardModels } from "./reward_schema.ts";
import type { JobKind } from "./training_job.ts";

type Namers = { [Kind in JobKind]: (job: Extract<StoredConfig, { kind: Kind }>) => string[] };

function ofReward(reward: RewardConfig): string[] {
  return [...rewardModels(reward), ...rewardClassifiers(reward), ...rewardGraders(reward)];
}

const NAMED: Namers = {
  ppo: ({ reward }) => ofReward(reward),
  sft: () => [],
  reward_model: () => [],
  evaluation: ({ reward }) => ofReward(reward),
};

/** Their names, as the request has them. */
export function namedModels(job: StoredConfig): string[] {
  return (NAMED[job.kind] as (job: StoredConfig) => string[])(job);
}
