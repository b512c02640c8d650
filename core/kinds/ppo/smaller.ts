/** Changes that make a PPO job need less memory. */
import { ADVANTAGE_METHODS } from "../../contract/advantage_methods.ts";
import { defaultAdapter } from "../../contract/job.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import type { SmallerJob } from "../kind.ts";

type PpoChange = Partial<PpoJobConfig["ppo"]>;

/** In the order to try them in: the least that is lost comes first. */
export const SMALLER_PPO: readonly SmallerJob<PpoJobConfig>[] = [
  {
    path: "base_precision",
    change: (job) =>
      job.trainable.type === "lora" && job.base_precision !== "int8"
        ? { ...job, base_precision: "int8", rollout_precision: null }
        : null,
  },
  {
    path: "ppo.trunk_cache",
    change: (job) => job.ppo.trunk_cache ? withPpo(job, { trunk_cache: false }) : null,
  },
  {
    path: "ppo.micro_batch_size",
    change: (job) => job.ppo.micro_batch_size === 1 ? null : withPpo(job, { micro_batch_size: 1 }),
  },
  { path: "ppo.max_new_tokens", change: (job) => halved(job, "max_new_tokens") },
  { path: "ppo.rollouts_per_prompt", change: fewerRollouts },
  {
    path: "ppo.batch_size",
    change: (job) => withPpo(job, { batch_size: 1, num_mini_batches: 1, micro_batch_size: null }),
  },
  {
    path: "trainable",
    change: (job) =>
      job.trainable.type === "full" ? { ...job, trainable: defaultAdapter(job.trainable.layers) } : null,
  },
];

function withPpo(job: PpoJobConfig, change: PpoChange): PpoJobConfig {
  return { ...job, ppo: { ...job.ppo, ...change } };
}

/** As few as the method can do with. */
function fewerRollouts(job: PpoJobConfig): PpoJobConfig | null {
  const { least_rollouts } = ADVANTAGE_METHODS[job.ppo.advantage];
  if (job.ppo.rollouts_per_prompt === least_rollouts) return null;
  return withPpo(job, {
    rollouts_per_prompt: least_rollouts,
    num_mini_batches: 1,
    micro_batch_size: null,
  });
}

function halved(job: PpoJobConfig, field: "max_new_tokens"): PpoJobConfig | null {
  const value = Math.floor(job.ppo[field] / 2);
  return value < 1 ? null : withPpo(job, { [field]: value });
}
