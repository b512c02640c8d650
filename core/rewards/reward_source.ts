/** Where scores come from, seen from the trainer: completions in, one number each out. */

/** A finished rollout as a reward sees it, as text and as ids. */
export interface RewardSample {
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
}

export interface RewardSource {
  /**
   * Scores of a batch, float32 (B), in the samples' order. A sample's score does not depend on its neighbours.
   *
   * @throws {UserError} `reward_failed` if a sample cannot be scored; the batch has no partial result
   * @throws the signal's reason once it is aborted
   */
  score(samples: readonly RewardSample[], signal?: AbortSignal): Promise<Float32Array>;
}

/** Response tokens without the stop token: what a reader would count. */
export function bodyLength(sample: Pick<RewardSample, "response_ids" | "terminated">): number {
  return sample.response_ids.length - (sample.terminated ? 1 : 0);
}

/** A source that scores each sample by itself, at once. */
export function ruleReward(rule: (sample: RewardSample) => number): RewardSource {
  return {
    score(samples, signal) {
      return new Promise((resolve) => {
        signal?.throwIfAborted();
        resolve(Float32Array.from(samples, rule));
      });
    },
  };
}
