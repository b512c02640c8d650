/** A sequence while it is sampled, from its prompt to its last token. */
import type { TopTokens } from "../run/top_tokens.ts";
import type { SampledSequence } from "./sampled_sequence.ts";
import type { SamplingRequest } from "./sampling_request.ts";

export interface ActiveSequence {
  readonly request: SamplingRequest;
  /** So far. */
  readonly sampled: SampledSequence;
  /** Tokens in the cache. */
  length: number;
  /** Nobody waits for the rest any more. */
  abandoned: boolean;
}

/** A sequence of which nothing is sampled yet. */
export function activeSequence(request: SamplingRequest): ActiveSequence {
  const { prompt_ids } = request;
  const sampled: SampledSequence = {
    prompt_ids,
    response_ids: [],
    logprobs: [],
    finish_reason: "length",
    prompt_shared: false,
  };
  return { request, sampled, length: prompt_ids.length, abandoned: false };
}

/** Whether no token follows. */
export function hasEnded({ request, sampled, abandoned }: ActiveSequence): boolean {
  return abandoned || sampled.finish_reason === "stop" ||
    sampled.response_ids.length >= request.max_new_tokens;
}

/** Gives a sequence its next token. */
export function accept(sequence: ActiveSequence, token: number, logprob: number, top?: TopTokens): void {
  const { request, sampled } = sequence;
  sampled.response_ids.push(token);
  sampled.logprobs.push(logprob);
  sequence.length++;
  if (request.stop_token_ids.has(token) || request.ends?.(sampled.response_ids)) {
    sampled.finish_reason = "stop";
  }
  request.onToken?.(token, logprob, hasEnded(sequence) ? sampled.finish_reason : null, top);
}
