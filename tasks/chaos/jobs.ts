/** The jobs that are disturbed: short ones, a row for each part of a run's state that has to survive. */
import type { PpoJobRequest } from "../../core/contract/ppo_job.ts";
import type { TrainingJobRequest } from "../../core/contract/training_job.ts";
import { demoPrompts } from "../tiny/prompts.ts";

/** Eight steps in two epochs, with a checkpoint every other step. */
const SHARED = { model: "tiny", epochs: 2, seed: 5, max_attempts: 20, checkpoint_every_steps: 2 } as const;

const PPO = { batch_size: 4, max_new_tokens: 12, learning_rate: 1e-3 };

/** Stands for the address of the service that rewards are asked of. */
const SERVICE = "http://service.invalid/";

/** A LoRA job with a value network of its own, but for what is given. */
function ppo(more: Partial<PpoJobRequest> = {}): TrainingJobRequest {
  const prompts = demoPrompts().slice(0, 16);
  return { kind: "ppo", ...SHARED, prompts, ppo: PPO, reward: { type: "length", target: 12 }, ...more };
}

const JOBS: Record<string, TrainingJobRequest> = {
  lora: ppo(),
  full: ppo({ trainable: { type: "full" } }),
  shared_critic: ppo({ value: { type: "shared" } }),
  adaptive_kl: ppo({ ppo: { ...PPO, kl_controller: { type: "adaptive", target: 2, horizon: 40 } } }),
  http_reward: ppo({
    reward: {
      type: "normalize",
      reward: { type: "http", url: SERVICE, batch_size: 2, timeout_ms: 1000, max_attempts: 20 },
    },
  }),
  running_scores: ppo({ ppo: { ...PPO, score_scaling: "mean_std" } }),
  early_stop: ppo({ ppo: { ...PPO, target_kl: 0.001 } }),
  evaluated: ppo({
    evaluate: { every_steps: 2, held_out: 4, samples_per_prompt: 2 },
    keep: { last: 2, best_by: "eval/avg_reward" },
    early_stop: { metric: "eval/kl", patience: 3, min_delta: 0.001 },
  }),
  evaluation: {
    ...{ kind: "evaluation", model: "tiny", seed: 5, max_attempts: 20, checkpoint_every_steps: 2 },
    ...{ against: "base", prompts: demoPrompts().slice(0, 16), samples_per_prompt: 2, batch_size: 2 },
    generation: { max_new_tokens: 12 },
    reward: { type: "length", target: 12 },
  },
  sft: {
    kind: "sft",
    ...SHARED,
    examples: demoPrompts().slice(0, 16).map((prompt, at) => ({ prompt, completion: ` answer ${at}` })),
    sft: { batch_size: 4, learning_rate: 1e-3 },
    trainable: { type: "lora", dropout: 0.1 },
    held_out: 2,
  },
  reward_model: {
    kind: "reward_model",
    ...SHARED,
    preferences: demoPrompts().slice(0, 20).map((prompt, at) => ({
      prompt,
      chosen: ` answer ${at}`,
      rejected: ` another answer of ${at}`,
    })),
    held_out: 4,
    reward_model: { batch_size: 4, learning_rate: 1e-3 },
  },
};

export const JOB_NAMES = Object.keys(JOBS);

/** The job of this name. @param service where rewards are asked for */
export function chaosJob(name: string, service: string): TrainingJobRequest {
  return JSON.parse(JSON.stringify(JOBS[name]!).replaceAll(SERVICE, service));
}
