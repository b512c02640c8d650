/** Rows to decode, and decoded rows held against each other. */
import assert from "node:assert/strict";
import type { SampledSequence } from "../../../core/decode/sampled_sequence.ts";
import type { SamplingRequest } from "../../../core/decode/sampling_request.ts";
import type { Policy } from "../../../core/networks/policy.ts";
import { uniform } from "../../../core/rng.ts";
import { within } from "../../kernels/within.ts";
import { someTokens } from "../networks/tiny_models.ts";

/** A sampled row without stop tokens; `key` names its prompt and its random numbers. */
export function row(key: number, prompt: number, given: Partial<SamplingRequest> = {}): SamplingRequest {
  return {
    prompt_ids: someTokens(key, prompt),
    max_new_tokens: 12,
    temperature: 1,
    top_k: 0,
    top_p: 1,
    uniform: (position) => uniform(3, "sample", 0, key, position),
    stop_token_ids: new Set(),
    ...given,
  };
}

/** Each row decoded alone. */
export async function alone(policy: Policy, rows: readonly SamplingRequest[]): Promise<SampledSequence[]> {
  const decoded = [];
  for (const one of rows) decoded.push(...await policy.respond([one]));
  return decoded;
}

/** Fails unless tokens are equal and logprobs nearly so. */
export function same(actual: readonly SampledSequence[], expected: readonly SampledSequence[]): void {
  assert.deepEqual(
    actual.map(({ response_ids, finish_reason }) => ({ response_ids, finish_reason })),
    expected.map(({ response_ids, finish_reason }) => ({ response_ids, finish_reason })),
  );
  actual.forEach(({ logprobs }, at) =>
    within(logprobs, expected[at]!.logprobs, 1e-4, `logprobs of row ${at}`)
  );
}
