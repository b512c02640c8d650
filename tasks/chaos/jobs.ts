/** The jobs that are disturbed: short ones, a row for each part of a run's state that has to survive. */
import type { TrainingJobRequest } from "../../core/contract/training_job.ts";
import { demoPrompts } from "../tiny/prompts.ts";

const PPO = { batch_size: 4, max_new_tokens: 12, learning_rate: 1e-3 };

/** By name, what differs from a LoRA job with a value network of its own. */
const KINDS: Record<string, Partial<TrainingJobRequest>> = {
  lora: {},
  full: { trainable: { type: "full" } },
  shared_critic: { value: { type: "shared" } },
  adaptive_kl: { ppo: { ...PPO, kl_controller: { type: "adaptive", target: 2, horizon: 40 } } },
  running_scores: { ppo: { ...PPO, score_scaling: "mean_std" } },
  early_stop: { ppo: { ...PPO, target_kl: 0.001 } },
};

export const JOB_KINDS = Object.keys(KINDS);

/** A job of eight steps in two epochs, with a checkpoint every other step. */
export function chaosJob(kind: string): TrainingJobRequest {
  return {
    kind: "ppo",
    model: "tiny",
    prompts: demoPrompts().slice(0, 16),
    epochs: 2,
    ppo: PPO,
    reward: { type: "length", target: 12 },
    seed: 5,
    max_attempts: 20,
    checkpoint_every_steps: 2,
    ...KINDS[kind],
  } as TrainingJobRequest;
}
