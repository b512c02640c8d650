/** What trainers of all kinds share: the model that they train, where they write, and the checkpoint that they have come to. */
import { basename, join } from "node:path";
import { readCheckpoint } from "../formats/checkpoint_folder.ts";
import type { EngineJob } from "../kinds/kinds.ts";
import { runJob, type RunJobOptions, type TrainCallbacks, type TrainResult } from "./run_job.ts";
import type { RuntimeChoice } from "./shared_runtime.ts";

export interface TrainerOptions extends RuntimeChoice {
  /** Folder of the model. */
  model: string;
  /** Folder that checkpoints and records come below. */
  output: string;
  /** Folder of a checkpoint to go on from. */
  checkpoint?: string;
}

export interface TrainOptions {
  /** Passes over the rows. Default 1. */
  epochs?: number;
  callbacks?: TrainCallbacks;
  /** Ends the training at once. */
  signal?: AbortSignal;
}

export abstract class Trainer<Options extends TrainerOptions> {
  protected readonly options: Options;
  #checkpoint: string | null;

  constructor(options: Options) {
    this.options = options;
    this.#checkpoint = options.checkpoint ?? null;
  }

  /** Folder of the checkpoint that it has come to; null before the first. */
  get checkpoint(): string | null {
    return this.#checkpoint;
  }

  /**
   * Writes what it has come to as `folder`, a copy of its last checkpoint.
   *
   * @throws {Error} before anything was trained or loaded, and where `folder` is there already
   */
  async save(folder: string): Promise<void> {
    if (this.#checkpoint === null) {
      throw new Error("Cannot save what was not trained: call train() or load() first");
    }
    await copyFolder(this.#checkpoint, folder);
  }

  /** Goes on from what was saved. @throws {UserError} `damaged_checkpoint` */
  async load(folder: string): Promise<this> {
    await readCheckpoint(folder);
    this.#checkpoint = folder;
    return this;
  }

  /** What every job of it says. */
  protected get named(): { model: string; checkpoint: string | null } {
    return {
      model: basename(this.options.model),
      checkpoint: this.#checkpoint === null ? null : basename(this.#checkpoint),
    };
  }

  protected async run(
    job: EngineJob,
    more: Partial<RunJobOptions>,
    { trains = true }: { trains?: boolean } = {},
  ): Promise<TrainResult> {
    const { model, output, threads, device } = this.options;
    const result = await runJob(job, {
      ...{ model, output },
      ...(threads !== undefined && { threads }),
      ...(device !== undefined && { device }),
      ...(this.#checkpoint !== null && { checkpoint: this.#checkpoint }),
      ...more,
    });
    if (trains && result.checkpoint !== null) this.#checkpoint = result.checkpoint;
    return result;
  }
}

/** Node's own needs to read the folders above. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    await (isDirectory ? copyFolder : Deno.copyFile)(join(from, name), join(to, name));
  }
}
