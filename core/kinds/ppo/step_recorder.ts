/** Keeps what the experience buffer of each step held, as far as the job wants it: its records. */
import type { StepRecords } from "../../contract/records.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import {
  rolloutColumns,
  type RolloutRecord,
  tokenColumns,
  type TokenRows,
} from "../../formats/record_files.ts";
import type { TensorToWrite } from "../../formats/write_safetensors.ts";
import { TextEnds } from "../../tokenizer/text_ends.ts";
import type { TextTokenizer } from "../../tokenizer/tokenizer.ts";
import { RecordWriter } from "../../train/record_writer.ts";
import { rewardToGo } from "./advantages.ts";
import type { Experience } from "./experience.ts";
import type { PpoStepped } from "./ppo_step.ts";

type Columns = Record<string, TensorToWrite>;
type Recorded = Pick<PpoStepped, "rows" | "prompts" | "completions">;

type Decoder = Pick<TextTokenizer, "decode" | "specialIds" | "tokenText">;

/** A recorder of the job's steps in `folder`; null without a folder, or where the job keeps no records. */
export async function openRecorder(
  job: Pick<PpoJobConfig, "ppo" | "records">,
  folder: string | undefined,
  tokenizer: Decoder,
): Promise<StepRecorder | null> {
  if (folder === undefined || job.records.rollouts === "none") return null;
  return new StepRecorder(job, await RecordWriter.open(folder), tokenizer);
}

export class StepRecorder {
  readonly #writer: RecordWriter;
  readonly #tokenizer: Decoder;
  readonly #textEnds: TextEnds;
  readonly #gamma: number;
  readonly #keepsTokens: boolean;

  constructor(
    { ppo, records }: Pick<PpoJobConfig, "ppo" | "records">,
    writer: RecordWriter,
    tokenizer: Decoder,
  ) {
    this.#writer = writer;
    this.#tokenizer = tokenizer;
    this.#textEnds = new TextEnds(tokenizer);
    this.#gamma = ppo.gamma;
    this.#keepsTokens = records.tokens !== false;
  }

  /** Writes what `step`, from 1, has done. @throws as `RecordWriter.write` */
  record(step: number, stepped: Recorded): Promise<StepRecords> {
    return this.#writer.write(step, {
      rollouts: this.#rollouts(stepped),
      tokens: this.#keepsTokens ? this.#tokens(stepped) : null,
    });
  }

  /** Waits until the device has all records so far. */
  sync(): Promise<void> {
    return this.#writer.sync();
  }

  #rollouts({ rows, prompts, completions }: Recorded): Columns {
    const samples = new Map<number, number>();
    return rolloutColumns(rows.map((row, at): RolloutRecord => {
      const sample_idx = samples.get(row.prompt_idx) ?? 0;
      samples.set(row.prompt_idx, sample_idx + 1);
      return {
        prompt_idx: row.prompt_idx,
        sample_idx,
        prompt: prompts[at]!,
        completion: completions[at]!,
        score: row.score,
        raw_score: row.raw_score,
        rewards: row.terms,
        kl: row.logprobs.reduce((sum, logprob, t) => sum + (logprob - row.ref_logprobs[t]!), 0),
        bootstrap_value: row.bootstrap_value,
        finish_reason: row.finish_reason,
        prompt_tokens: row.prompt_ids.length,
        completion_tokens: row.response_ids.length,
      };
    }));
  }

  #tokens({ rows, completions }: Recorded): Columns {
    return tokenColumns(
      rows.map((row, at): TokenRows => ({
        token_id: Int32Array.from(row.response_ids),
        text_end: this.#ends(row, completions[at]!),
        logprob: row.logprobs,
        ref_logprob: row.ref_logprobs,
        value: row.values,
        reward: row.rewards,
        advantage: row.advantages,
        reward_to_go: rewardToGo(row.rewards, this.#gamma, row.bootstrap_value),
      })),
      (id) => this.#tokenizer.tokenText(id),
    );
  }

  /** A stop token adds nothing to the text. */
  #ends({ response_ids, terminated }: Experience, completion: string): Int32Array {
    if (!terminated) return this.#textEnds.of(response_ids, completion);
    const ends = new Int32Array(response_ids.length).fill(completion.length);
    ends.set(this.#textEnds.of(response_ids.subarray(0, -1), completion));
    return ends;
  }
}
