/** How a job that runs takes an earlier state again: from a checkpoint of its own, or as where it began. */
import { join } from "node:path";
import type { JobFolders } from "../../contract/protocol.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import { damaged } from "../../formats/checked_file.ts";
import type { Optimizer } from "../../networks/optimizer.ts";
import { readStored } from "../../train/training_state.ts";
import type { BaseModel } from "../../weights/base_model.ts";
import type { ParameterSet } from "../../weights/parameter_set.ts";
import { checkpointName, restore } from "../job_checkpoints.ts";
import type { GoBack } from "./guarded_step.ts";
import type { Learner } from "./learner.ts";
import { trainedParts } from "./ppo_checkpoints.ts";
import { firstState, type PpoState } from "./ppo_step.ts";
import { startParameters } from "./start_parameters.ts";

/**
 * @param places folders that checkpoints are looked for in, in this order
 */
export function goBackBy(
  learner: Learner,
  base: BaseModel,
  job: PpoJobConfig,
  folders: Pick<JobFolders, "checkpoint" | "adapter">,
  { steps_per_epoch, places }: { steps_per_epoch: number; places: readonly string[] },
): GoBack {
  return async (step) => {
    if (step === 0) {
      await restart(learner, base, job, folders);
      return firstState(job);
    }
    const folder = await found(places.map((place) => join(place, checkpointName(step, steps_per_epoch))));
    if (!folder) throw damaged(`The checkpoint after step ${step}, which ppo.guard goes back to, is gone`);
    const stored = await readStored<PpoState>(folder);
    await restore(trainedParts(job, learner), { folder, optimizers: stored.optimizers });
    return stored.at.state;
  };
}

async function found(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    if (await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false)) return folder;
  }
  return undefined;
}

async function restart(
  { policy, policyOptimizer, critic }: Learner,
  base: BaseModel,
  job: PpoJobConfig,
  folders: Pick<JobFolders, "checkpoint" | "adapter">,
): Promise<void> {
  const start = await startParameters(base, job, folders);
  take(policy.parameters, start.policy, policyOptimizer);
  if (critic && start.critic) take(critic.network.parameters, start.critic.parameters, critic.optimizer);
}

/** Sets parameters to those of `from`, which are let go, and moments to zero. */
function take(parameters: ParameterSet, from: ParameterSet, optimizer: Optimizer): void {
  parameters.flat.write(from.flat.read());
  from.dispose();
  for (const moments of [optimizer.m, optimizer.v]) moments.clear();
  optimizer.step = 0;
}
