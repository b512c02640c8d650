/** PPO as a class: what `kind: "ppo"` and `kind: "evaluation"` do over HTTP. */
import type { EvaluationResult } from "../contract/evaluation_result.ts";
import { type EvaluationJobRequest, evaluationJobSchema } from "../contract/evaluation_job.ts";
import { type PpoJobRequest, ppoJobSchema } from "../contract/ppo_job.ts";
import type { RewardFolder } from "../contract/protocol.ts";
import { type RewardLike, withFunctions } from "./function_reward.ts";
import type { TrainResult } from "./run_job.ts";
import { Trainer, type TrainerOptions, type TrainOptions } from "./trainer.ts";

/** What a job says that is not for a script to say: what comes as a folder here, and what a server does with a job. */
type ServersOwn =
  | ("kind" | "model" | "checkpoint" | "adapter" | "prompts" | "epochs" | "reward")
  | ("device" | "webhook" | "metadata" | "max_attempts" | "dataset" | "columns");

export interface PPOTrainerOptions
  extends TrainerOptions, Omit<PpoJobRequest, ServersOwn | "model" | "checkpoint"> {
  /** Where scores come from: a configuration as over HTTP, or a function. */
  reward: RewardLike;
  /** Folders of the reward models, by the names that `reward` has for them; of a checkpoint also its model's. */
  reward_models?: Record<string, RewardFolder>;
}

type Prompts = NonNullable<PpoJobRequest["prompts"]>;

export class PPOTrainer extends Trainer<PPOTrainerOptions> {
  /**
   * Trains on prompts, from the checkpoint that it has come to.
   *
   * @throws {UserError} naming the field or file that is wrong
   */
  async train(prompts: Prompts, { epochs = 1, ...more }: TrainOptions = {}): Promise<TrainResult> {
    const { model: _model, output: _output, checkpoint: _checkpoint, ...rest } = this.options;
    const { reward, reward_models: rewards = {}, threads: _threads, device: _device, ...fields } = rest;
    const { config, ask } = withFunctions(reward);
    const job = ppoJobSchema.parse({
      ...fields,
      ...{ kind: "ppo", ...this.named, prompts, epochs, reward: config },
    });
    return await this.run(job, { rewards, ask, ...more });
  }

  /**
   * Evaluates what it has come to on prompts, against the bare model unless `against` says otherwise.
   *
   * @param against Folder of another checkpoint; `base`; or null for no comparison.
   */
  async evaluate(
    prompts: Prompts,
    { against = this.checkpoint === null ? null : "base", signal, ...settings }:
      & Pick<Partial<EvaluationJobRequest>, "samples_per_prompt" | "batch_size" | "generation" | "seed">
      & { against?: string | null; signal?: AbortSignal } = {},
  ): Promise<EvaluationResult> {
    const { reward, reward_models: rewards = {} } = this.options;
    const { config, ask } = withFunctions(reward);
    const isFolder = against !== null && against !== "base";
    const job = evaluationJobSchema.parse({
      ...settings,
      ...{ kind: "evaluation", ...this.named, prompts, reward: config },
      against: isFolder ? "checkpoint" : against,
    });
    const { result } = await this.run(job, {
      ...{ rewards, ask },
      ...(signal && { signal }),
      ...(isFolder && { against }),
    }, { trains: false });
    return result as EvaluationResult;
  }
}
