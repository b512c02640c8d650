/** Where scores come from, seen from the trainer: completions in, one number each out, and what it is made of. */

import type { Item } from "../contract/item.ts";
import type { GraderFault } from "../contract/graders/graded.ts";
import type { RunningStats } from "../running_stats.ts";

/** A finished rollout as a reward sees it, as text and as ids. */
export interface RewardSample {
  /** Index of the prompt among the job's, or of the item in a request. */
  prompt_idx: number;
  /** The prompt as the model saw it, chat template included. */
  prompt: string;
  /** The response without its stop token and special tokens. */
  completion: string;
  /** int32 (P) */
  prompt_ids: Int32Array;
  /** int32 (n): the response, its stop token included. */
  response_ids: Int32Array;
  /** Whether the last of `response_ids` is a stop token. */
  terminated: boolean;
  /** The prompt's reference answer, if it has one. */
  answer?: string;
  /** The row that the prompt is of, if its user has given one. */
  item?: Item;
  /** What else its user has given with the prompt; kept, never interpreted. */
  metadata?: Readonly<Record<string, string>>;
}

/** Statistics of what of a reward is normalised, by its place in the whole. Plain data: it goes into checkpoints. */
export type RewardStats = Readonly<Record<string, RunningStats>>;

/** A row that was given no score, and has the one that its reward names for such rows. */
export interface Fault {
  row: number;
  message: string;
  /** What a grader calls it. */
  kind?: GraderFault;
}

/** A scored batch. A term's name is a part of the names of its metrics. */
export interface ScoredBatch {
  /** float32 (B), in the samples' order. */
  scores: Float32Array;
  /**
   * float32 (B) each: what each part of a sum gave, before its weight; else the scores themselves. What a service or a
   * module also says of a row is called by the term's name and its own, with a dot between; NaN where it says nothing.
   */
  terms: Readonly<Record<string, Float32Array>>;
  /** By term: how long it took; those that are said beside another's scores have no time of their own. */
  seconds: Readonly<Record<string, number>>;
  /** What is kept of it for the next batch, where something was given to be kept. */
  stats?: RewardStats;
  /** By term, of those whose rows can fail: the rows that did. */
  faults?: Readonly<Record<string, readonly Fault[]>>;
}

/** A batch whose rows come one by one, each as soon as it has ended. Disposing it ends what nobody waits for. */
export interface RewardBeginning extends Disposable {
  /** Row `row` of the batch; it need not be added to be scored. */
  add(row: number, sample: RewardSample): void;
}

export interface RewardSource {
  /**
   * Begins with a batch of so many rows that `score` is then asked about, where others work it out; the scores are those of
   * `score` alone.
   */
  begin?(rows: number, signal?: AbortSignal): RewardBeginning;
  /** Whether this process only waits while `score` goes on, so that it may compute meanwhile. */
  waits?: boolean;
  /**
   * Scores a batch. A sample's score does not depend on its neighbours, but where the reward is normalised.
   *
   * @param stats what the batch before left; {} before the first. Without it nothing is normalised
   * @throws {UserError} `reward_failed` if a sample cannot be scored; the batch has no partial result
   * @throws the signal's reason once it is aborted
   */
  score(
    samples: readonly RewardSample[],
    signal?: AbortSignal,
    stats?: RewardStats,
  ): Promise<ScoredBatch>;
}

/** What scores and says nothing about itself. */
export interface Scorer {
  /** Scores of a batch, float32 (B); throws as a `RewardSource` does. */
  score(samples: readonly RewardSample[], signal?: AbortSignal): Promise<Float32Array>;
}

/** A scorer as a source whose only term is itself. */
export function sourceOf(name: string, scorer: Scorer): RewardSource {
  return {
    async score(samples, signal) {
      const begin = performance.now();
      const scores = await scorer.score(samples, signal);
      return { scores, terms: { [name]: scores }, seconds: { [name]: (performance.now() - begin) / 1000 } };
    },
  };
}

/** Response tokens without the stop token: what a reader would count. */
export function bodyLength(sample: Pick<RewardSample, "response_ids" | "terminated">): number {
  return sample.response_ids.length - (sample.terminated ? 1 : 0);
}

/** Scores each sample by itself, at once. */
export function ruleReward(rule: (sample: RewardSample) => number): Scorer {
  return {
    score(samples, signal) {
      return new Promise((resolve) => {
        signal?.throwIfAborted();
        resolve(Float32Array.from(samples, rule));
      });
    },
  };
}
