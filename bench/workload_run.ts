/** The PPO job of a workload, ready to run: ppo_step.ts times it, memory.ts weighs it, growth.ts varies it. */
import type { JobCost } from "../core/kinds/job_cost.ts";
import { ppoCost } from "../core/kinds/ppo/cost.ts";
import type { TrainingEvent } from "../core/contract/training_events.ts";
import { makeLearner } from "../core/kinds/ppo/run.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { RewardModel } from "../core/networks/reward_model.ts";
import type { Runtime } from "../core/ort/runtime.ts";
import { type PpoJobConfig, type PpoJobRequest, ppoJobSchema } from "../core/contract/ppo_job.ts";
import type { Learner } from "../core/kinds/ppo/learner.ts";
import { train, type TrainerParts } from "../core/kinds/ppo/trainer.ts";
import { modelReward } from "../core/rewards/model_reward.ts";
import { sourceOf } from "../core/rewards/reward_source.ts";
import type { Replicas } from "../core/replicas/replicas.ts";
import { uniform } from "../core/rng.ts";

export interface WorkloadRun {
  job: PpoJobConfig;
  learner: Learner;
  reward: RewardModel;
  /** What the job is expected to take. */
  cost: JobCost;
  /** Runs the job; one event a step among others. Writes checkpoints where it is told how. */
  events(checkpoints?: TrainerParts["checkpoints"]): AsyncGenerator<TrainingEvent>;
}

/** Random prompts, LoRA, a value network of its own, a learned reward, responses always of full length. */
export async function openWorkload(
  runtime: Runtime,
  folders: { policy: string; reward: string },
  { B, P, R }: { B: number; P: number; R: number },
  { steps, epochs = 1, ...given }: { steps: number; epochs?: number } & Partial<PpoJobRequest>,
  replicas?: Replicas,
): Promise<WorkloadRun> {
  const job = ppoJobSchema.parse({
    kind: "ppo",
    model: "policy",
    prompts: Array.from({ length: B * steps }, () => "ids are given below"),
    epochs,
    reward: { type: "model", model: "reward" },
    ...given,
    ppo: { batch_size: B, max_new_tokens: R, missing_eos_penalty: 0, ...given.ppo },
  });
  const base = await BaseModel.open(runtime, folders.policy, { precision: job.base_precision ?? undefined });
  const learner = await makeLearner(base, job);
  const reward = new RewardModel(await BaseModel.open(runtime, folders.reward));
  const cost = ppoCost(job, {
    model: base.config,
    rewards: [{ model: reward.base.config, tuning: { type: "none" } }],
    longestPrompt: P,
    threads: runtime.threads,
  });
  const token = (row: number, column: number) =>
    4 + Math.floor(uniform(1, "data", 0, row, column) * (base.config.vocab_size - 4));
  const parts = {
    learner,
    reward: sourceOf("model", modelReward(reward, null)),
    tokenizer: { decode: () => "" },
    prompts: job.prompts.map((_, row) => ({
      ids: Int32Array.from({ length: P }, (_, s) => token(row, s)),
      text: "",
    })),
    stopTokenIds: new Set<number>(),
    plan: {
      steps: steps * epochs,
      steps_per_epoch: steps,
      prompt_tokens: { min: P, mean: P, max: P },
      trainable_parameters: 0,
      base_parameters: 0,
      estimate: cost,
    },
  };
  return {
    job,
    learner,
    reward,
    cost,
    events: (checkpoints) => train({ ...parts, checkpoints, replicas }, job),
  };
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

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
