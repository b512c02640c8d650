/**
 * A reward that the API process works out: the engine, which reaches no network and runs no program, asks for it in
 * batches, also of rows whose neighbours are still sampled. What becomes of rows without a score is decided here.
 */
import type { RewardItem, RewardQuestion, Scored } from "../contract/reward_question.ts";
import { UserError } from "../errors.ts";
import type { Column } from "./reward_part.ts";
import type { RewardSample } from "./reward_source.ts";
import { type EarlyPart, rowByRow } from "./row_by_row.ts";

/** Asks whoever gave the command; without a signal the command's own ends the wait. */
export type AskReward = (question: RewardQuestion, signal?: AbortSignal) => Promise<Scored>;

interface AskedConfig {
  /** Completions in a question, at most. */
  batch_size: number;
  /** Questions at a time. */
  concurrency: number;
  on_error: "fail" | number;
}

/** How many names a service may have for what else it says of rows. */
const MAX_TERMS = 16;

const nobody: AskReward = () =>
  Promise.reject(new UserError("reward_failed", "A reward of another program's needs a server that asks it"));

/**
 * @param type what errors call it
 * @param at where the reward is in the whole, as keys with dots between
 */
export function askedReward(
  type: string,
  at: string,
  { batch_size, concurrency, on_error }: AskedConfig,
  ask: AskReward = nobody,
): EarlyPart {
  return rowByRow(async (samples, rows, signal) => {
    const answer = await ask({ at, items: samples.map(itemOf) }, signal);
    if (answer.scores.length !== rows.length) {
      throw new Error(`Expected ${rows.length} scores of a question, got ${answer.scores.length}`);
    }
    const [fault] = answer.faults;
    if (on_error === "fail" && fault) {
      throw new UserError(
        "reward_failed",
        `The ${type} reward has no score for completion ${rows[fault.row]} of the batch: ${fault.message}`,
      );
    }
    const columns = Object.entries(answer.terms).map(([name, column]): [string, Column] => [
      name,
      { scores: Float32Array.from(column, (value) => value ?? NaN), seconds: null, faults: null },
    ]);
    return {
      scores: Float32Array.from(answer.scores, (score) => score ?? Number(on_error)),
      faults: answer.faults.map(({ row, message }) => ({ row, message })),
      parts: Object.fromEntries(columns),
    };
  }, { together: batch_size, at_a_time: concurrency, most_parts: MAX_TERMS });
}

/** A sample in the words that services, modules and graders know. */
export function itemOf({ prompt, completion, prompt_idx, answer, item, metadata }: RewardSample): RewardItem {
  return {
    prompt,
    completion,
    prompt_idx,
    ...(answer !== undefined && { answer }),
    ...(item && { item }),
    ...(metadata && { metadata: { ...metadata } }),
  };
}
