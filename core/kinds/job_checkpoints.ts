/** A job's checkpoints below its folder: the networks for anybody, and beside them what a job that resumes needs. */
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { CheckpointSpec } from "../contract/checkpoint.ts";
import { damaged } from "../formats/checked_file.ts";
import { writeCheckpoint } from "../formats/checkpoint_folder.ts";
import { type Networks, restoreNetworks, saveCheckpoint } from "../networks/checkpoint.ts";
import { reproducible } from "../train/metric_sums.ts";
import type { Checkpoints, Counters } from "../train/step_loop.ts";
import {
  type BaseIdentity,
  type JobIdentity,
  type Optimizers,
  restoreOptimizers,
  type Resumable,
  trainingState,
} from "../train/training_state.ts";
import type { AnyJob } from "./kind.ts";

/** What a job trains and what trains it, as checkpoints hold it; a job that trains nothing has neither. */
export interface TrainedParts {
  networks: Networks;
  optimizers: Optimizers;
  spec: CheckpointSpec;
}

/** SHA-256 of all values that are trained, in hex: the same in all processes that train together. */
export function checksumOf({ networks: { policy, critic } }: TrainedParts): string {
  const hash = createHash("sha256");
  for (const set of critic ? [policy, critic] : [policy]) hash.update(set.flat.read());
  return hash.digest("hex");
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

/**
 * How the job's checkpoints are written. Those of a job that trains nothing have no files but what it resumes from.
 *
 * @param told what of the state the manifest tells anybody
 */
export function jobCheckpoints<S extends Counters>(
  job: AnyJob,
  trained: TrainedParts | null,
  { output, model, steps_per_epoch, identity, base }: CheckpointPlace,
  told: (state: S) => Record<string, unknown>,
): Checkpoints<S> {
  return {
    every_steps: job.checkpoint_every_steps,
    ready: async () => {
      if (await Deno.stat(output).then(({ isDirectory }) => isDirectory, () => false)) return;
      throw damaged("The job's folder was removed while it ran, and its checkpoints with it");
    },
    save: (at, { epoch, reason }, metrics) => {
      const folder = join(
        output,
        reason === "epoch" ? numbered("epoch", epoch) : numbered("step", at.state.step),
      );
      const facts = {
        kind: job.kind,
        model: job.model,
        base: basename(model),
        epoch,
        state: told(at.state),
        metrics: reproducible(metrics),
      };
      const read = Promise.withResolvers<void>();
      const optimizers = trained?.optimizers ?? {};
      const options = {
        parts: trainingState(at, { job: identity, base, optimizers, steps_per_epoch }),
        onRead: read.resolve,
      };
      const writing = trained
        ? saveCheckpoint(folder, trained.networks, trained.spec, facts, options)
        : writeCheckpoint(folder, {}, facts, options);
      const saved = writing.then((files) => ({ folder, files }));
      saved.finally(read.resolve).catch(() => {});
      return { read: read.promise, saved };
    },
  };
}

/** Sets what was made as at the job's start to where a checkpoint was written. @throws {UserError} `damaged_checkpoint` */
export async function restore(
  { networks, optimizers }: TrainedParts,
  found: Pick<Resumable<Counters>, "folder" | "optimizers">,
): Promise<void> {
  await restoreNetworks(found.folder, networks);
  await restoreOptimizers(found, optimizers);
}

/** The folder's name of a checkpoint that is due after `step`. */
export function checkpointName(step: number, stepsPerEpoch: number): string {
  return step % stepsPerEpoch === 0 ? numbered("epoch", step / stepsPerEpoch) : numbered("step", step);
}

function numbered(what: string, number: number): string {
  return `${what}-${String(number).padStart(4, "0")}`;
}
