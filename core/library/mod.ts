/**
 * Proximal without its server: what the API's jobs do, for a Deno script to call. It runs the same code in the script's own
 * process; docs/library.md has examples.
 */
export { gae, type GaeOptions, rewardToGo } from "../kinds/ppo/advantages.ts";
export type { Experience } from "../kinds/ppo/experience.ts";
export { ExperienceBuffer } from "../kinds/ppo/experience_buffer.ts";
export { Evaluator } from "../evaluate/evaluator.ts";
export type { EvaluationResult } from "../contract/evaluation_result.ts";
export { UserError } from "../errors.ts";
export { AdvantageComputer } from "./advantage_computer.ts";
export type { RewardBatch, RewardFunction, RewardLike } from "./function_reward.ts";
export { Generator } from "./generator.ts";
export { PolicyModel } from "./policy_model.ts";
export { PPOTrainer, type PPOTrainerOptions } from "./ppo_trainer.ts";
export { RewardModel } from "./reward_model.ts";
export { RewardTrainer } from "./reward_trainer.ts";
export type { TrainCallbacks, TrainResult } from "./run_job.ts";
export type { RuntimeChoice } from "./shared_runtime.ts";
export { SFTTrainer } from "./sft_trainer.ts";
export { TokenAttributor } from "./token_attributor.ts";
export { ValueModel } from "./value_model.ts";
