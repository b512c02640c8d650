/** When a PPO job's policy has diverged, and what is done then: `ppo.guard` as the user writes it. */
import { z } from "zod";
import { component } from "./component.ts";
import { refusing } from "./refuse.ts";

const GUARDS = ["kl_budget", "entropy_floor", "reward_spike"] as const;

export const guardSchema = z.strictObject({
  kl_budget: z.number().gt(0).max(1e6).nullable().default(null).describe(
    "Most nats per sequence that the policy may be away from its reference, mean of a step's rollouts, whatever kl_estimator. Default null: any.",
  ),
  entropy_floor: z.number().gt(0).max(100).nullable().default(null).describe(
    "Least nats of entropy that the policy's tokens may have on average in a step. Default null: any.",
  ),
  reward_spike: z.number().gt(0).max(1e6).nullable().default(null).describe(
    "Most standard deviations that a step's mean score may be away from the mean of up to 16 steps before, up or down; looked at from the ninth step on. Default null: any.",
  ),
  action: z.enum(["warn", "rollback", "stop"]).default("warn").describe(
    "What is done after such a step: a warning; going back to the last good checkpoint, with lower learning rates; or the job's end. Default warn.",
  ),
  max_rollbacks: z.int().min(1).max(100).default(3).describe(
    "After this many the job stops instead. Default 3.",
  ),
  lr_factor: z.number().gt(0).max(1).default(0.5).describe(
    "All learning rates are multiplied by this after each time. Default 0.5.",
  ),
}).superRefine((guard, context) => {
  if (GUARDS.every((field) => guard[field] === null)) {
    refusing(context)([GUARDS[0]], `Expected one of ${GUARDS.join(", ")} at least, got none`);
  }
}).meta(component("Guard"));

export type GuardConfig = z.output<typeof guardSchema>;
