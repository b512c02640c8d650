/** The PPO job of a workload, ready to run: what ppo_step.ts times, memory.ts weighs and growth.ts varies. */
import { makeLearner } from "../core/engine/train_job.ts";
import type { TrainingEvent } from "../core/engine/protocol.ts";
import { BaseModel } from "../core/model/base_model.ts";
import { RewardModel } from "../core/model/reward_model.ts";
import type { Runtime } from "../core/ort/runtime.ts";
import { ppoJobSchema, type TrainingJobConfig } from "../core/ppo/config.ts";
import type { Learner } from "../core/ppo/learner.ts";
import { train } from "../core/ppo/trainer.ts";
import { modelReward } from "../core/rewards/model_reward.ts";
import { uniform } from "../core/rng.ts";
import type { Workload } from "./workloads.ts";

export interface WorkloadRun {
  job: TrainingJobConfig;
  learner: Learner;
  reward: RewardModel;
  /** Runs the job; one event a step among others. */
  events(): AsyncGenerator<TrainingEvent>;
}

export async function openWorkload(
  runtime: Runtime,
  folders: { policy: string; reward: string },
  { B, P, R }: Workload,
  { steps, ppo = {} }: { steps: number; ppo?: Record<string, unknown> },
): Promise<WorkloadRun> {
  const job = ppoJobSchema.parse({
    kind: "ppo",
    model: "policy",
    prompts: Array.from({ length: B * steps }, () => "ids are given below"),
    ppo: { batch_size: B, max_new_tokens: R, missing_eos_penalty: 0, ...ppo },
    reward: { type: "model", model: "reward" },
  });
  const base = await BaseModel.open(runtime, folders.policy);
  const learner = await makeLearner(base, job);
  const reward = new RewardModel(await BaseModel.open(runtime, folders.reward));
  const token = (row: number, column: number) =>
    4 + Math.floor(uniform(1, "data", 0, row, column) * (base.config.vocab_size - 4));
  const parts = {
    learner,
    reward: modelReward(reward, null),
    tokenizer: { decode: () => "" },
    prompts: job.prompts.map((_, row) => ({
      ids: Int32Array.from({ length: P }, (_, s) => token(row, s)),
      text: "",
    })),
    stopTokenIds: new Set<number>(),
    plan: {
      steps,
      steps_per_epoch: steps,
      prompt_tokens: { min: P, mean: P, max: P },
      trainable_parameters: 0,
      base_parameters: 0,
      estimate: { memory_bytes: 0 },
    },
    save: () => Promise.resolve({ folder: "", files: [] }),
  };
  return { job, learner, reward, events: () => train(parts, job) };
}

/** This process's memory in bytes: now, and at most since `resetPeak`. NaN where the system does not say. */
export async function memory(): Promise<{ rss: number; peak: number }> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  const bytes = (name: string) => 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? NaN);
  return { rss: bytes("VmRSS"), peak: bytes("VmHWM") };
}

/** Starts the peak anew, where the system can. */
export async function resetPeak(): Promise<void> {
  await Deno.writeTextFile("/proc/self/clear_refs", "5").catch(() => {});
}
