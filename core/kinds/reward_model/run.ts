/** A planned job that trains a reward model: loads what it names, trains it, and writes checkpoints below its folder. */
import { readCheckpoint } from "../../formats/checkpoint_folder.ts";
import { dropoutOf } from "../../contract/job.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import type { RewardModelJobConfig } from "../../contract/reward_model_job.ts";
import type { TrainingEvent, TrainingSummary } from "../../contract/training_events.ts";
import { loadCheckpoint, networkOf } from "../../networks/checkpoint.ts";
import { Optimizer } from "../../networks/optimizer.ts";
import { loadRewardCheckpoint } from "../../networks/reward_checkpoint.ts";
import { RewardModel, type TrainedReward } from "../../networks/reward_model.ts";
import type { Runtime } from "../../ort/runtime.ts";
import { startedEvent } from "../../train/step_loop.ts";
import { BaseModel } from "../../weights/base_model.ts";
import { loadAdapter } from "../../weights/load_adapter.ts";
import { heldBy, initialParameters, tuningOf } from "../../weights/parameter_layout.ts";
import { checksumOf, jobCheckpoints, restore } from "../job_checkpoints.ts";
import type { RunContext } from "../kind.ts";
import type { RewardModelWork } from "./plan.ts";
import { FIRST_REWARD_STATE, type RewardState, trainRewardModel } from "./trainer.ts";

/** Runs a planned job to its end, yielding its events. */
export async function* runRewardModel(
  runtime: Runtime,
  job: RewardModelJobConfig,
  folders: JobFolders & { output: string },
  { planned, memoryShare, earlier, checkVersions, checkpointPlace, text: _, ...signals }: RunContext<
    RewardModelWork,
    RewardState
  >,
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const { plan, work: { score, ...split } } = planned;
  const { found, damaged } = earlier;
  const precision = job.base_precision ?? undefined;
  const base = await BaseModel.open(runtime, folders.model, { precision, memoryShare });
  const { tuning, parameters } = await startOf(base, job, folders);
  const optimizer = await Optimizer.create(runtime, parameters, job.reward_model);
  await checkVersions();
  const trained = {
    networks: { base, tuning: heldBy(base, tuning), policy: parameters, critic: null },
    optimizers: { reward_model: optimizer },
    spec: { trainable: job.trainable, value: null, score },
  };
  if (found) await restore(trained, found);
  const place = await checkpointPlace();
  const start = found?.at ?? FIRST_REWARD_STATE;
  yield startedEvent({ plan, epochs: job.epochs }, start, { found, damaged });
  const checkpoints = jobCheckpoints<RewardState>(job, trained, place, (state) => ({ ...state }));
  const config = { ...job.reward_model, epochs: job.epochs, seed: job.seed };
  const dropout = { rate: dropoutOf(job.trainable), seed: job.seed };
  const model = new RewardModel(base, { tuning, parameters, dropout });
  return yield* trainRewardModel(model, optimizer, split, config, {
    ...{ start, checkpoints, checksum: () => checksumOf(trained) },
    ...signals,
  });
}

/** The parameters at the job's start: a reward model's, a policy's with a head at zero, an adapter's, or the bare model's. */
async function startOf(
  base: BaseModel,
  job: RewardModelJobConfig,
  { checkpoint, adapter }: JobFolders,
): Promise<TrainedReward> {
  if (checkpoint) {
    const { facts } = await readCheckpoint(checkpoint);
    if (networkOf(facts).score) return await loadRewardCheckpoint(base, checkpoint);
    const { tuning, policy } = await loadCheckpoint(base, checkpoint, { head: "score" });
    return { tuning, parameters: policy };
  }
  if (adapter) return await loadAdapter(base, adapter, { head: "score" });
  const tuning = tuningOf(base.config, job.trainable);
  const options = { head: "score", seed: job.seed, role: "reward" } as const;
  return { tuning, parameters: await initialParameters(base, tuning, options) };
}
