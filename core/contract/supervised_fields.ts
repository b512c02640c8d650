/** What jobs that learn from given texts share: how a step is cut, and the optimizer's knobs, which are PPO's. */
import { z } from "zod";
import { ppoSchema } from "./ppo_job.ts";
import { refusing } from "./refuse.ts";

const {
  adam_beta1,
  adam_beta2,
  adam_eps,
  max_grad_norm,
  weight_decay,
  lr_scheduler,
  min_lr_ratio,
  warmup_steps,
} = ppoSchema.shape;

export const optimizerFields = {
  ...{ lr_scheduler, min_lr_ratio, warmup_steps },
  ...{ adam_beta1, adam_beta2, adam_eps, max_grad_norm, weight_decay },
};

/** @param rows What a step has so many of, in the plural. */
export function batchFields(rows: string, { packed = "" } = {}) {
  return {
    batch_size: z.int().min(1).max(65536).default(8).describe(
      `${rows} per step, which is one optimizer step${packed}; the last of an epoch is filled up from its start. Default 8 (ours).`,
    ),
    micro_batch_size: z.int().min(1).max(65536).nullable().default(null).describe(
      `${rows} per forward and backward run; must divide batch_size. Changes memory, not results. Default null: the whole batch.`,
    ),
  };
}

/** Refuses a micro-batch that the batch is not made of. */
export function batchFaults(
  { batch_size, micro_batch_size }: { batch_size: number; micro_batch_size: number | null },
  context: z.RefinementCtx,
): void {
  if (micro_batch_size === null || batch_size % micro_batch_size === 0) return;
  const message = `Expected a divisor of batch_size, which is ${batch_size}, got ${micro_batch_size}`;
  refusing(context)(["micro_batch_size"], message);
}
