/** What a run decided, token by token: its state, action and all that was worked out of it. */
import { join } from "node:path";
import type { AttributionView } from "../contract/records.ts";
import { openRollouts, openTokens, parseRecordFile } from "../formats/record_files.ts";
import { tokenViews } from "../formats/record_views.ts";
import type { TrainResult } from "./run_job.ts";

export interface PairFilter {
  /** From 1. */
  step?: number;
  /** From 1. */
  epoch?: number;
  prompt_idx?: number;
}

export class TokenAttributor {
  readonly #folder: string;
  readonly #stepsPerEpoch: number;

  /** @param run What `PPOTrainer.train` came to. */
  constructor({ folder, progress: { steps, epochs } }: Pick<TrainResult, "folder" | "progress">) {
    this.#folder = join(folder, "records");
    this.#stepsPerEpoch = steps / epochs;
  }

  /** State and action of every token, with its numbers, step by step; `extractPairs` of all of them as a list. */
  async *pairs({ step: only, epoch: of, prompt_idx }: PairFilter = {}): AsyncGenerator<AttributionView> {
    for (const step of await this.#steps()) {
      const epoch = Math.ceil(step / this.#stepsPerEpoch);
      if ((only ?? step) !== step || (of ?? epoch) !== epoch) continue;
      using files = new DisposableStack();
      const rollouts = files.adopt(await openRollouts(this.#folder, step), (file) => file.close());
      const tokens = files.adopt(await openTokens(this.#folder, step), (file) => file.close());
      for (const [row, record] of (await rollouts.read(0, rollouts.rows)).entries()) {
        if ((prompt_idx ?? record.prompt_idx) !== record.prompt_idx) continue;
        const run = await tokens.read(row, 0, record.completion_tokens);
        const place = {
          ...{ rollout_id: `${step}-${row}`, step, epoch },
          ...{ prompt_idx: record.prompt_idx, sample_idx: record.sample_idx },
        };
        yield* tokenViews(place, record, run, true);
      }
    }
  }

  async extractPairs(filter: PairFilter = {}): Promise<AttributionView[]> {
    return await Array.fromAsync(this.pairs(filter));
  }

  async #steps(): Promise<number[]> {
    const names = await Array.fromAsync(Deno.readDir(this.#folder), ({ name }) => parseRecordFile(name));
    return names.filter((file) => file?.part === "tokens").map((file) => file!.step).sort((a, b) => a - b);
  }
}
