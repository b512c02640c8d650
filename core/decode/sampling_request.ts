/** A response to sample: its prompt, how it is drawn, and when it ends. */
import type { TopTokens } from "../run/top_tokens.ts";
import type { FinishReason } from "./sampled_sequence.ts";

export interface SamplingRequest {
  /** int32 (P), P ≥ 1 */
  readonly prompt_ids: ArrayLike<number>;
  readonly max_new_tokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 is off. */
  readonly top_k: number;
  /** 1 is off. */
  readonly top_p: number;
  /** A number in [0, 1) for each position of the response: the sequence's own randomness. */
  readonly uniform: (position: number) => number;
  readonly stop_token_ids: ReadonlySet<number>;
  /** Whether `onToken` is told of the most likely tokens too. */
  readonly top?: boolean;
  /** Asked after each token; true ends the sequence there, as a stop token would. */
  readonly ends?: (response_ids: readonly number[]) => boolean;
  /** Told of each token after that was decided; `finish_reason` is null while the sequence goes on. */
  readonly onToken?: (
    token: number,
    logprob: number,
    finish_reason: FinishReason | null,
    top?: TopTokens,
  ) => void;
}

/** Tokens that prompt and response may come to. */
export function mostTokens({ prompt_ids, max_new_tokens }: SamplingRequest): number {
  return prompt_ids.length + max_new_tokens;
}

/** Whether a request's distribution is cut before a token is drawn. */
export function isCut({ top_k, top_p }: SamplingRequest): boolean {
  return top_k > 0 || top_p < 1;
}
