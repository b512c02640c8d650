/** Supervised fine-tuning as a class: what `kind: "sft"` does over HTTP. */
import type { z } from "zod";
import { sftJobSchema } from "../contract/sft_job.ts";
import type { TrainResult } from "./run_job.ts";
import { Trainer, type TrainerOptions, type TrainOptions } from "./trainer.ts";

type SftJobRequest = z.input<typeof sftJobSchema>;

export interface SFTTrainerOptions
  extends TrainerOptions, Pick<SftJobRequest, "sft" | "trainable" | "held_out" | "seed" | "base_precision"> {}

export class SFTTrainer extends Trainer<SFTTrainerOptions> {
  /** Trains on examples, from the checkpoint that it has come to. @throws {UserError} naming what is wrong */
  async train(
    examples: NonNullable<SftJobRequest["examples"]>,
    { epochs = 1, ...more }: TrainOptions = {},
  ): Promise<TrainResult> {
    const { sft, trainable, held_out, seed, base_precision } = this.options;
    const job = sftJobSchema.parse({
      ...{ kind: "sft", ...this.named, examples, epochs },
      ...{ sft, trainable, held_out, seed, base_precision },
    });
    return await this.run(job, more);
  }
}
