/**
 * Other libraries' names for fields of `ppo`: TRL's (PPO of 0.11 to 1.12, GRPO, RLOO) and OpenRLHF's. One that means exactly
 * the same is taken for ours; one that means something near is refused with what to use instead.
 */
import { z } from "zod";

/** Names that mean exactly the same as a field of ours. */
export const PPO_ALIASES: Readonly<Record<string, string>> = {
  cliprange: "clip_epsilon",
  epsilon: "clip_epsilon",
  epsilon_high: "clip_epsilon_high",
  init_kl_coef: "kl_coef",
  response_length: "max_new_tokens",
  max_completion_length: "max_new_tokens",
  ppo_epochs: "num_ppo_epochs",
  num_iterations: "num_ppo_epochs",
  adam_epsilon: "adam_eps",
  num_generations: "rollouts_per_prompt",
  rloo_k: "rollouts_per_prompt",
  n_samples_per_prompt: "rollouts_per_prompt",
};

const BATCH =
  "use batch_size (prompts a step: per_device_train_batch_size × gradient_accumulation_steps × num_mini_batches there), num_mini_batches, and micro_batch_size (rows a run)";

/** Names that mean something near, each with what to say instead. */
export const PPO_NEAR: Readonly<Record<string, string>> = {
  per_device_train_batch_size: BATCH,
  gradient_accumulation_steps: BATCH,
  mini_batch_size:
    "use num_mini_batches, how many a step is cut into, and micro_batch_size, the rows of a run",
  backward_batch_size: "use micro_batch_size, the rows of a run",
  local_rollout_forward_batch_size: "rollouts are cut to what the memory holds, there is nothing to set",
  forward_batch_size: "rollouts are cut to what the memory holds, there is nothing to set",
  train_batch_size: BATCH,
  rollout_batch_size: "use batch_size, which counts prompts",
  total_episodes: "use the job's epochs, which are passes over its prompts",
  num_train_epochs: "use the job's epochs",
  steps: "use the job's epochs, which are passes over its prompts",
  stop_token: "use stop_token_ids, beside the model's own end-of-sequence ids, which always end a response",
  stop_token_id:
    "use stop_token_ids, a list, beside the model's own end-of-sequence ids, which always end a response",
  kl_penalty: "use kl_estimator: k1 for kl, k2 for mse",
  adap_kl_ctrl: 'use kl_controller: { type: "adaptive", target, horizon }, or { type: "fixed" }',
  target: 'use kl_controller: { type: "adaptive", target, horizon }',
  horizon: 'use kl_controller: { type: "adaptive", target, horizon }',
  beta: "use kl_coef, and kl_in for where it costs",
  use_score_scaling: "use score_scaling: std",
  use_score_norm: "use score_scaling: mean_std",
  early_stopping: "use target_kl, which null turns off",
  ratio_threshold: "use clip_epsilon, dual_clip and target_kl",
  lr_scheduler_type: "use lr_scheduler, whose unit is the optimizer step and whose constant warms up too",
  warmup_ratio: "use warmup_steps, in optimizer steps",
  loss_type: "use loss_aggregation: sequence_mean for grpo, token_mean for dapo, constant for dr_grpo",
  scale_rewards: "use advantage: grpo, which divides by the group's deviation, or dr_grpo, which does not",
  mask_truncated_completions: "use missing_eos_penalty or overlong_tokens",
  advantage_estimator: "use advantage",
  seed: "use the job's seed",
  reward_model_path: 'use the job\'s reward: { type: "model", model }',
  sft_model_path: "use the job's model, checkpoint or adapter",
};

/** The object with aliases as what they stand for. Tells `context` of each that is near, or contradicts its field. */
function renamed(value: unknown, context: z.RefinementCtx): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const own = (table: Readonly<Record<string, string>>, name: string) =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  const fields: Record<string, unknown> = {};
  const from = new Map<string, string>();
  // A field by its own name comes first, so that a contradiction is told at the alias.
  const entries = Object.entries(value).sort(([a], [b]) =>
    Number(Object.hasOwn(PPO_ALIASES, a)) - Number(Object.hasOwn(PPO_ALIASES, b))
  );
  for (const [name, given] of entries) {
    const near = own(PPO_NEAR, name);
    if (near !== undefined) {
      context.addIssue({ code: "custom", path: [name], message: `Unknown key: ${near}` });
      continue;
    }
    const field = own(PPO_ALIASES, name) ?? name;
    const earlier = from.get(field);
    if (earlier !== undefined && fields[field] !== given) {
      const [wanted, got] = [fields[field], given].map((one) => JSON.stringify(one));
      context.addIssue({
        code: "custom",
        path: [name],
        message: `Expected what ${earlier} is, ${wanted}, as both are names of ${field}, got ${got}`,
      });
      continue;
    }
    from.set(field, name);
    Object.defineProperty(fields, field, { value: given, enumerable: true, writable: true });
  }
  return fields;
}

/** `schema`, which also takes the names of other libraries; what it gives has ours alone, and so has its document. */
export function withAliases<Schema extends z.ZodType>(schema: Schema): Schema {
  return z.preprocess(renamed, schema) as unknown as Schema;
}

/** " Other names: cliprange, epsilon.": what a field's text says of them. */
export function alsoTaken(field: string): string {
  const names = Object.entries(PPO_ALIASES).filter(([, ours]) => ours === field).map(([name]) => name);
  return ` Other names: ${names.join(", ")}.`;
}
