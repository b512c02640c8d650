/** A prompt and the response that was sampled. */
import type { FINISH_REASONS } from "../contract/records.ts";
import type { TokenSequence } from "../run/token_batch.ts";

/** How a response ended: at a stop token, or cut off by max_new_tokens. */
export type FinishReason = (typeof FINISH_REASONS)[number];

export interface SampledSequence extends TokenSequence {
  /** The stop token is the last one if there was one. */
  readonly response_ids: number[];
  /** Log-probability of each token at the request's temperature (1 when greedy), before top-k and top-p. */
  readonly logprobs: number[];
  finish_reason: FinishReason;
  /** Whether the run of its prompt was that of another sequence, which has the same. */
  prompt_shared: boolean;
}
