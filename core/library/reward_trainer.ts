/** The training of a reward model as a class: what `kind: "reward_model"` does over HTTP. */
import type { z } from "zod";
import { rewardModelJobSchema } from "../contract/reward_model_job.ts";
import type { TrainResult } from "./run_job.ts";
import { Trainer, type TrainerOptions, type TrainOptions } from "./trainer.ts";

type RewardModelJobRequest = z.input<typeof rewardModelJobSchema>;

export interface RewardTrainerOptions
  extends
    TrainerOptions,
    Pick<RewardModelJobRequest, "reward_model" | "trainable" | "held_out" | "seed" | "base_precision"> {}

export class RewardTrainer extends Trainer<RewardTrainerOptions> {
  /** Trains on preferences, from the checkpoint that it has come to. @throws {UserError} naming what is wrong */
  async train(
    preferences: NonNullable<RewardModelJobRequest["preferences"]>,
    { epochs = 1, ...more }: TrainOptions = {},
  ): Promise<TrainResult> {
    const { reward_model, trainable, held_out, seed, base_precision } = this.options;
    const job = rewardModelJobSchema.parse({
      ...{ kind: "reward_model", ...this.named, preferences, epochs },
      ...{ reward_model, trainable, held_out, seed, base_precision },
    });
    return await this.run(job, more);
  }
}
