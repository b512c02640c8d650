/** Runs a job in this process, as an engine would, telling callbacks of it. */
import { join } from "node:path";
import type { RewardFolder } from "../contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../contract/training_events.ts";
import type { EngineJob } from "../kinds/kinds.ts";
import { trainJob } from "../kinds/train_job.ts";
import type { AskReward } from "../rewards/asked_reward.ts";
import { type RuntimeChoice, sharedRuntime } from "./shared_runtime.ts";

type EventOf<Type extends TrainingEvent["type"]> = Extract<TrainingEvent, { type: Type }>;

/** Awaited before the job goes on. */
type Callback<Type extends TrainingEvent["type"]> = (event: EventOf<Type>) => unknown;

export interface TrainCallbacks {
  onStart?: Callback<"started">;
  onStep?: Callback<"step">;
  /** `metrics` has the means of the epoch's steps; of PPO also policy_loss, value_loss, kl_div and avg_reward. */
  onEpoch?: Callback<"epoch">;
  onCheckpoint?: Callback<"checkpoint">;
  onWarning?: Callback<"warning">;
}

const CALLBACKS: Partial<Record<TrainingEvent["type"], keyof TrainCallbacks>> = {
  started: "onStart",
  step: "onStep",
  epoch: "onEpoch",
  checkpoint: "onCheckpoint",
  warning: "onWarning",
};

/** What a training came to. */
export interface TrainResult extends TrainingSummary {
  /** Of the last checkpoint. */
  checkpoint: string | null;
  /** Where this run's checkpoints and records are. */
  folder: string;
}

export interface RunJobOptions extends RuntimeChoice {
  /** Checkpoints come below it. */
  output: string;
  model: string;
  checkpoint?: string;
  against?: string;
  /** By the name that the reward has for it. */
  rewards?: Record<string, RewardFolder>;
  ask?: AskReward;
  callbacks?: TrainCallbacks;
  signal?: AbortSignal;
}

/** Runs a job to its end. @throws {UserError} naming the field or file that is wrong; the signal's reason once aborted */
export async function runJob(
  job: EngineJob,
  { output, model, checkpoint, against, rewards = {}, ask, callbacks = {}, signal, ...runtime }:
    RunJobOptions,
): Promise<TrainResult> {
  const folder = await freshFolder(output);
  const folders = {
    ...{ model, rewards, output: join(folder, "checkpoints"), records: join(folder, "records") },
    ...(checkpoint !== undefined && { checkpoint }),
    ...(against !== undefined && { against }),
  };
  const events = trainJob(sharedRuntime(runtime), { job, folders }, { ask, ...(signal && { signal }) });
  let last: string | null = null;
  for (;;) {
    const { done, value } = await events.next();
    if (done) return { ...value, checkpoint: last, folder };
    if (value.type === "checkpoint") last = value.folder;
    const name = CALLBACKS[value.type];
    if (name) await (callbacks[name] as ((event: TrainingEvent) => unknown) | undefined)?.(value);
  }
}

/** A folder of this run alone: `run-1`, `run-2`, … */
async function freshFolder(output: string): Promise<string> {
  await Deno.mkdir(output, { recursive: true });
  for (let number = 1;; number++) {
    const folder = join(await Deno.realPath(output), `run-${number}`);
    try {
      await Deno.mkdir(folder);
      return folder;
    } catch (thrown) {
      if (!(thrown instanceof Deno.errors.AlreadyExists)) throw thrown;
    }
  }
}
