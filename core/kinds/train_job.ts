/** A training job inside the engine, whatever its kind: planned, found where it stopped, and run to its end. */
import { epochsOf } from "../contract/job.ts";
import type { JobPlan } from "../contract/job_plan.ts";
import type { Ask } from "../contract/engine_question.ts";
import { type JobFolders, rewardFolders, type TrainRequest } from "../contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../contract/training_events.ts";
import { UserError } from "../errors.ts";
import { join } from "node:path";
import { ONNX_FOLDER } from "../formats/text_classifier_folder.ts";
import { makeFolder } from "../formats/atomic_file.ts";
import { changedWhileRead, folderVersion } from "../formats/file_version.ts";
import type { Runtime } from "../ort/runtime.ts";
import { ALONE, type Replicas } from "../replicas/replicas.ts";
import { eachByItself } from "../replicas/together.ts";
import type { AskReward } from "../rewards/asked_reward.ts";
import { TextWork } from "../serve/text_work.ts";
import { progressOf, type TrainSignals } from "../train/step_loop.ts";
import { factsOf, programFacts, requireSame } from "../train/same_everywhere.ts";
import {
  type BaseIdentity,
  filesOfAll,
  findResumable,
  identityOfAll,
  jobIdentity,
} from "../train/training_state.ts";
import { type EngineJob, kindOf } from "./kinds.ts";
import { planJob, planOptions } from "./plan_job.ts";
import { proveInt8 } from "./prove_int8.ts";

export interface TrainOptions extends TrainSignals {
  text?: TextWork;
  /** Asks for scores that are worked out elsewhere; rewards that need it fail without it. */
  ask?: AskReward;
  /** Asks the server that samples a job's rollouts; jobs that have one fail without it. */
  askRollouts?: Ask;
  /** Those that train this job together, each called with the same job and folders. */
  replicas?: Replicas;
  /** Told of folders to resume from that are passed over, and why. */
  passedOver?: (folder: string, why: unknown) => void;
}

/**
 * Runs a job to its end, or from where the first whole checkpoint of `resume` left it, yielding its events. Its random
 * numbers are drawn by seed and step, so that it ends as if it had never stopped.
 */
export async function* trainJob(
  runtime: Runtime,
  { job, folders, resume = [], memory_share: memoryShare = 1 }: Omit<TrainRequest, "job"> & {
    job: EngineJob;
  },
  { text = new TextWork(), ask, askRollouts, replicas = ALONE, passedOver = () => {}, ...signals }:
    TrainOptions = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const kind = kindOf(job);
  const sources = sourcesOf(folders);
  const versions = () => Promise.all(Object.values(sources).map((folder) => folderVersion(folder)));
  const over = new AbortController();
  const { signal = over.signal } = signals;
  const untilOver = AbortSignal.any([over.signal, signal]);
  const hashed = await hashesOfAll(sources, runtime, replicas, untilOver);
  const before = await versions();
  const planned = await eachByItself(
    replicas,
    () => planJob(job, folders, planOptions(runtime, "available", memoryShare), text),
  );
  const { plan } = planned;
  const files = await filesOfAll(sources);
  const identity = jobIdentity(job);
  const wanted = { job: identity, sources, steps: plan.steps };
  const { found, damaged } = await eachByItself(replicas, () => findResumable(resume, wanted, passedOver));
  await requireSame({ "the step to go on from": String(found?.at.state.step ?? 0) }, replicas);
  if (signals.pause?.aborted) {
    const { state, metrics } = found?.at ?? { state: { step: 0, episodes: 0, tokens: 0 }, metrics: {} };
    return { progress: progressOf({ plan, epochs: epochsOf(job) }, state, null), metrics, paused: true };
  }
  await eachByItself(replicas, () => proveInt8(runtime, job, planned.info.model));
  try {
    return yield* kind.run(runtime, job, folders, {
      planned,
      memoryShare,
      earlier: { found, damaged },
      checkVersions: async () => {
        const after = await versions();
        if (after.some((version, at) => version !== before[at])) throw changedWhileRead();
      },
      checkpointPlace: async () => {
        const { output, model } = folders;
        await makeFolder(output);
        const base = found
          ? Promise.resolve(found.base)
          : hashed
          ? Promise.resolve(hashed)
          : identityOfAll(sources, files, untilOver);
        base.catch(() => {}); // of a job that has ended before
        return { output, model, steps_per_epoch: plan.steps_per_epoch, identity, base };
      },
      ...{ text, ask, askRollouts, replicas },
      ...signals,
      watching: job,
    });
  } catch (thrown) {
    throw withEstimate(thrown, plan, kind.rowsField);
  } finally {
    over.abort();
  }
}

/**
 * Hashes of all that a job reads, where several processes train it: they must be the same in all, or it fails.
 * Null for a process that trains alone, which takes them while it trains.
 */
async function hashesOfAll(
  sources: Record<string, string>,
  runtime: Runtime,
  replicas: Replicas,
  signal: AbortSignal,
): Promise<BaseIdentity | null> {
  if (replicas.size === 1) return null;
  const [base, program] = await eachByItself(replicas, async () => {
    // What a process does not have is told of with what others have.
    const there = await Promise.all(
      Object.entries(sources).map(async (source) => {
        return await Deno.stat(source[1]).then(() => [source], () => []);
      }),
    );
    const own = Object.fromEntries(there.flat());
    return [
      await identityOfAll(own, await filesOfAll(own), signal),
      await programFacts(runtime.version),
    ] as const;
  });
  await requireSame({ ...program, ...factsOf(base) }, replicas);
  return base;
}

/** An `out_of_memory` that also says how much the job was thought to need, and which field makes it less. */
export function withEstimate(thrown: unknown, { estimate }: JobPlan, field: string): unknown {
  if (!(thrown instanceof UserError) || thrown.code !== "out_of_memory") return thrown;
  const gigabytes = (estimate.memory_bytes / 1e9).toFixed(1);
  return new UserError(
    "out_of_memory",
    `${thrown.message}; the job was estimated to need ${gigabytes} GB: a smaller ${field} needs less`,
    thrown.errors,
    { cause: thrown },
  );
}

/** Every folder that a job reads, by what it reads it as. */
function sourcesOf(
  { model, checkpoint, adapter, against, rewards, classifiers = {}, dataset }: JobFolders,
): Record<string, string> {
  return {
    model,
    ...(checkpoint && { checkpoint }),
    ...(adapter && { adapter }),
    ...(against && { against }),
    ...(dataset && { dataset }),
    ...Object.fromEntries(
      Object.entries(classifiers).flatMap(([name, folder]) => [
        [`classifier ${name}`, folder],
        [`classifier ${name} graph`, join(folder, ONNX_FOLDER)],
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(rewards).flatMap(([name, folder]) => {
        const { model, checkpoint } = rewardFolders(folder);
        const own: [string, string][] = [[`reward ${name}`, model]];
        if (checkpoint !== undefined) own.push([`reward ${name} checkpoint`, checkpoint]);
        return own;
      }),
    ),
  };
}
