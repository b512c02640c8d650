/** A training job inside the engine: loads what it names, trains it, and writes checkpoints below its folder. */
import { BaseModel } from "../../weights/base_model.ts";
import { loadCheckpoint } from "../../networks/checkpoint.ts";
import { heldHere } from "../../weights/int8_products.ts";
import { changedWhileRead, folderVersion } from "../../formats/file_version.ts";
import { loadAdapter } from "../../weights/load_adapter.ts";
import { initialParameters, tuningOf } from "../../weights/parameter_layout.ts";
import { Optimizer } from "../../networks/optimizer.ts";
import { Policy } from "../../networks/policy.ts";
import { ValueNetwork } from "../../networks/value_network.ts";
import type { Runtime } from "../../ort/runtime.ts";
import type { TrainingJobConfig } from "../../contract/training_job.ts";
import type { Learner } from "./learner.ts";
import { progressOf, type TrainSignals } from "../../train/step_loop.ts";
import { filesOfAll, findResumable, identityOfAll, jobIdentity } from "../../train/training_state.ts";
import { jobCheckpoints, restoreLearner } from "./job_checkpoints.ts";
import { firstState, type PpoState } from "./ppo_step.ts";
import { train } from "./trainer.ts";
import { makeReward } from "../../rewards/rewards.ts";
import { UserError } from "../../errors.ts";
import { planJob, planOptions } from "./plan.ts";
import { loadReward } from "../../rewards/load_reward_model.ts";
import type { JobFolders, TrainRequest } from "../../contract/protocol.ts";
import type { JobPlan } from "../../contract/job_plan.ts";
import type { TrainingEvent, TrainingSummary } from "../../contract/training_events.ts";
import { proveInt8 } from "../prove_int8.ts";
import { stopIds } from "../../tokenizer/stop_ids.ts";
import { TextWork } from "../../serve/text_work.ts";

export interface TrainOptions extends TrainSignals {
  text?: TextWork;
  /** Told of folders to resume from that are passed over, and why. */
  passedOver?: (folder: string, why: unknown) => void;
}

/**
 * Runs a job to its end, or from where the first whole checkpoint of `resume` left it, yielding its events. Its random
 * numbers are drawn by seed and step, so that it ends as if it had never stopped.
 */
export async function* trainJob(
  runtime: Runtime,
  { job, folders, resume = [] }: TrainRequest,
  { text = new TextWork(), passedOver = () => {}, ...signals }: TrainOptions = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const sources = sourcesOf(folders);
  const versions = () => Promise.all(Object.values(sources).map((folder) => folderVersion(folder)));
  const before = await versions();
  const planned = await planJob(job, folders, planOptions(runtime, "available"), text);
  const { plan } = planned;
  const files = await filesOfAll(sources);
  const identity = jobIdentity(job);
  const wanted = { job: identity, sources, steps: plan.steps };
  const { found, damaged } = await findResumable<PpoState>(resume, wanted, passedOver);
  if (signals.pause?.aborted) {
    const { state, metrics } = found?.at ?? { state: firstState(job), metrics: {} };
    return { progress: progressOf({ plan, epochs: job.epochs }, state, null), metrics, paused: true };
  }
  await proveInt8(runtime, job, planned.info.model);
  const over = new AbortController();
  try {
    const base = await BaseModel.open(runtime, folders.model, { precision: job.base_precision ?? undefined });
    const learner = await makeLearner(base, job, folders);
    const reward = await makeReward(job.reward, {
      model: async (name) => {
        const { source } = await text.whole(() => loadReward(runtime, folders, name));
        // A reward model tokenises what it scores by its own folder's files.
        return { score: (samples, signal) => text.whole(() => source.score(samples, signal)) };
      },
    });
    // What was planned and what was loaded must be of the same files.
    const after = await versions();
    if (after.some((version, at) => version !== before[at])) throw changedWhileRead();
    if (found) await restoreLearner(learner, found);
    await Deno.mkdir(folders.output, { recursive: true });
    const hashed = found ? Promise.resolve(found.base) : identityOfAll(sources, files, over.signal);
    hashed.catch(() => {}); // of a job that has ended before
    const checkpoints = jobCheckpoints(job, learner, {
      output: folders.output,
      model: folders.model,
      steps_per_epoch: plan.steps_per_epoch,
      identity,
      base: hashed,
    });
    const parts = {
      learner,
      reward,
      tokenizer: planned.tokenizer,
      prompts: planned.prompts,
      stopTokenIds: stopIds(planned.info, planned.tokenizer, job.ppo.stop_token_ids),
      plan,
      checkpoints,
      earlier: {
        resumed: found && { step: found.at.state.step, folder: found.folder, at: found.at },
        damaged,
      },
    };
    return yield* train(parts, job, signals);
  } catch (thrown) {
    throw withEstimate(thrown, plan);
  } finally {
    over.abort();
  }
}

/** An `out_of_memory` that also says how much the job was thought to need. */
export function withEstimate(thrown: unknown, { estimate }: JobPlan): unknown {
  if (!(thrown instanceof UserError) || thrown.code !== "out_of_memory") return thrown;
  const gigabytes = (estimate.memory_bytes / 1e9).toFixed(1);
  const advice = "a smaller ppo.micro_batch_size needs less";
  return new UserError(
    "out_of_memory",
    `${thrown.message}; the job was estimated to need ${gigabytes} GB: ${advice}`,
    thrown.errors,
    { cause: thrown },
  );
}

/** Every folder that a job reads, by what it reads it as. */
function sourcesOf({ model, checkpoint, adapter, rewards }: JobFolders): Record<string, string> {
  return {
    model,
    ...(checkpoint && { checkpoint }),
    ...(adapter && { adapter }),
    ...Object.fromEntries(Object.entries(rewards).map(([name, folder]) => [`reward ${name}`, folder])),
  };
}

/** Policy, critic and optimizers at the job's start: a checkpoint's networks, an adapter's, or the bare model's. */
export async function makeLearner(
  base: BaseModel,
  job: TrainingJobConfig,
  { checkpoint, adapter }: Pick<JobFolders, "checkpoint" | "adapter"> = {},
): Promise<Learner> {
  const { ppo, seed, value } = job;
  const shared = value.type === "shared";
  const loaded = checkpoint ? await loadCheckpoint(base, checkpoint) : null;
  const given = adapter ? await loadAdapter(base, adapter, { head: shared }) : null;
  const tuning = loaded?.tuning ?? given?.tuning ?? tuningOf(base.config, job.trainable);
  const parameters = loaded?.policy ?? given?.parameters ??
    await initialParameters(base, tuning, { head: shared, seed, role: "policy" });
  // A bare adapter can be turned off; anything else needs a copy of where it started.
  const reference = loaded || given || tuning.type === "full" ? parameters.clone() : "base" as const;
  const sampling = await heldHere(base.runtime, job.rollout_precision ?? base.precision);
  const policy = new Policy(base, tuning, parameters, { reference, shared, sampling });
  const policyOptimizer = await Optimizer.create(base.runtime, parameters, ppo);
  if (value.type === "shared") return { policy, policyOptimizer, critic: null };
  const criticTuning = loaded?.critic?.tuning ?? tuningOf(base.config, { ...value, type: "lora" });
  const criticParameters = loaded?.critic?.parameters ??
    await initialParameters(base, criticTuning, { head: true, seed, role: "value" });
  const network = new ValueNetwork(base, criticTuning, criticParameters);
  const optimizer = await Optimizer.create(base.runtime, criticParameters, ppo);
  return { policy, policyOptimizer, critic: { network, optimizer } };
}
