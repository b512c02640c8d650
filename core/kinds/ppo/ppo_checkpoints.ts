/** What of a PPO job its checkpoints hold. */
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import type { Checkpoints } from "../../train/step_loop.ts";
import { type CheckpointPlace, jobCheckpoints, type TrainedParts } from "../job_checkpoints.ts";
import type { Learner } from "./learner.ts";
import type { PpoState } from "./ppo_step.ts";

/** Policy, critic and optimizers as checkpoints hold them. */
export function trainedParts(
  { trainable, value }: PpoJobConfig,
  { policy, policyOptimizer, critic }: Learner,
): TrainedParts {
  return {
    networks: {
      base: policy.base,
      tuning: policy.tuning,
      policy: policy.parameters,
      critic: critic?.network.parameters ?? null,
    },
    optimizers: { policy: policyOptimizer, ...(critic && { value: critic.optimizer }) },
    spec: { trainable, value },
  };
}

/**
 * How the job's checkpoints are written. What is watched is for a job that resumes, and told to nobody else; but where a
 * guard has gone back, the manifest says to which step's weights.
 */
export function ppoCheckpoints(
  job: PpoJobConfig,
  learner: Learner,
  place: CheckpointPlace,
): Checkpoints<PpoState> {
  return jobCheckpoints(job, trainedParts(job, learner), place, ({ watch: _, guard, ...state }) => ({
    ...state,
    ...(guard && { guard: { rollbacks: guard.rollbacks, lr_scale: guard.lr_scale } }),
  }));
}
