/** Rollouts for tests: real rows whose unstated numbers are zero. */
import type { Experience } from "../../../../core/kinds/ppo/experience.ts";

/** A row of `tokens` actions, all per-token numbers 0 unless given. */
export function makeExperience(tokens: number, given: Partial<Experience> = {}): Experience {
  const zeros = () => new Float32Array(tokens);
  return {
    rollout_id: "r0",
    prompt_idx: 0,
    group: 0,
    sample: 0,
    step: 0,
    row: 0,
    epoch: 0,
    policy_version: 0,
    prompt_ids: Int32Array.of(1, 2),
    response_ids: new Int32Array(tokens).fill(7),
    terminated: true,
    finish_reason: given.terminated === false ? "length" : "stop",
    raw_score: 0,
    terms: {},
    score: 0,
    logprobs: zeros(),
    ref_logprobs: zeros(),
    rollout_logprobs: zeros(),
    values: zeros(),
    bootstrap_value: 0,
    kl: zeros(),
    rewards: zeros(),
    advantages: zeros(),
    returns: zeros(),
    ...given,
  };
}
