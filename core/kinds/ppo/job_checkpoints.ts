/** A job's checkpoints below its folder: the networks for anybody, and beside them what a job that resumes needs. */
import { basename, join } from "node:path";
import type { TrainingJobConfig } from "../../contract/training_job.ts";
import { damaged } from "../../formats/checked_file.ts";
import { type Networks, restoreNetworks, saveCheckpoint } from "../../networks/checkpoint.ts";
import { reproducible } from "../../train/metric_sums.ts";
import type { Checkpoints } from "../../train/step_loop.ts";
import {
  type BaseIdentity,
  type JobIdentity,
  type Optimizers,
  restoreOptimizers,
  type Resumable,
  trainingState,
} from "../../train/training_state.ts";
import type { Learner } from "./learner.ts";
import type { PpoState } from "./ppo_step.ts";

function networksOf({ policy, critic }: Learner): Networks {
  return {
    base: policy.base,
    tuning: policy.tuning,
    policy: policy.parameters,
    critic: critic?.network.parameters ?? null,
  };
}

function optimizersOf({ policyOptimizer, critic }: Learner): Optimizers {
  return { policy: policyOptimizer, ...(critic && { value: critic.optimizer }) };
}

/** Where a job writes its checkpoints, and what they say of it. */
export interface CheckpointPlace {
  /** The folder that checkpoints are written into. */
  output: string;
  /** The model's folder. */
  model: string;
  steps_per_epoch: number;
  identity: JobIdentity;
  /** Once they are known: files are hashed beside the first steps. */
  base: Promise<BaseIdentity>;
}

/** How the job's checkpoints are written. */
export function jobCheckpoints(
  job: TrainingJobConfig,
  learner: Learner,
  { output, model, steps_per_epoch, identity, base }: CheckpointPlace,
): Omit<Checkpoints<PpoState>, "every_steps"> {
  return {
    ready: async () => {
      if (await Deno.stat(output).then(({ isDirectory }) => isDirectory, () => false)) return;
      throw damaged("The job's folder was removed while it ran, and its checkpoints with it");
    },
    save: (at, { epoch, reason }, metrics) => {
      const { watch: _, ...state } = at.state;
      const folder = join(
        output,
        reason === "epoch" ? numbered("epoch", epoch) : numbered("step", state.step),
      );
      const { trainable, value } = job;
      const facts = {
        kind: job.kind,
        model: job.model,
        base: basename(model),
        epoch,
        state,
        metrics: reproducible(metrics),
      };
      const optimizers = optimizersOf(learner);
      const read = Promise.withResolvers<void>();
      const saved = saveCheckpoint(folder, networksOf(learner), { trainable, value }, facts, {
        parts: trainingState(at, { job: identity, base, optimizers, steps_per_epoch }),
        onRead: read.resolve,
      }).then((files) => ({ folder, files }));
      saved.finally(read.resolve).catch(() => {});
      return { read: read.promise, saved };
    },
  };
}

/** Sets a learner, made as at the job's start, to where a checkpoint was written. @throws {UserError} `damaged_checkpoint` */
export async function restoreLearner(learner: Learner, found: Resumable<PpoState>): Promise<void> {
  await restoreNetworks(found.folder, networksOf(learner));
  await restoreOptimizers(found, optimizersOf(learner));
}

function numbered(what: string, number: number): string {
  return `${what}-${String(number).padStart(4, "0")}`;
}
