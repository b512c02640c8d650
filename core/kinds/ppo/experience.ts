/**
 * One finished rollout and everything computed about it. Rows are ragged: the typed arrays hold the n action
 * tokens of this sequence and nothing else, so there are no padding cells that could leak into a mean. Action
 * token t was sampled in state t = prompt + response[0..t); the stop token is an action too.
 */

import type { FinishReason } from "../../decode/sampled_sequence.ts";
import type { HiddenStates } from "../../run/token_batch.ts";

export interface Experience {
  /** Step, from 1, and row: `12-3`. Unique in the job. */
  rollout_id: string;
  /** Index into the job's prompts. */
  prompt_idx: number;
  /** Its prompt's place in the step, from 0: rows of one group are responses to the same prompt. */
  group: number;
  /** Which of its group it is, from 0. */
  sample: number;
  /** Step of the job, counted from 0. */
  step: number;
  /** Number of the row in its step's rollouts, counted from 0. */
  row: number;
  /** Pass over the prompts, counted from 0. */
  epoch: number;
  /** Version of the policy that sampled the row; training refuses rows of another. */
  policy_version: number;
  /** int32 (P): the prompt as the model saw it, without padding. */
  prompt_ids: Int32Array;
  /** int32 (n): the actions, the stop token included; n ≥ 1. */
  response_ids: Int32Array;
  /** Whether the last action is a stop token. */
  terminated: boolean;
  finish_reason: FinishReason;
  /** What the reward source said. */
  raw_score: number;
  /** What each part of the reward said, by its name. */
  terms: Readonly<Record<string, number>>;
  /** raw_score after the missing-EOS rule, length shaping, scaling and clipping. */
  score: number;
  /** float32 (n): log-probability under the policy that is about to be trained, by the training forward. */
  logprobs: Float32Array;
  /** float32 (n): log-probability under the reference policy. */
  ref_logprobs: Float32Array;
  /** float32 (n): log-probability the sampler reported. */
  rollout_logprobs: Float32Array;
  /** float32 (n): ours at temperature 1, where that is what the sampler reports and the job has another. */
  raw_logprobs?: Float32Array;
  /** float32 (n): value of the state before each action, at rollout; null without a value network. */
  values: Float32Array | null;
  /** Value of the state after the last action; 0 unless the row is cut off and bootstrapped. */
  bootstrap_value: number;
  /** float32 (n): per-token KL estimate in nats, before kl_coef. */
  kl: Float32Array;
  /**
   * float32 (n): the rewards that advantages are made of: −kl_coef·kl where the KL costs reward, with the score added to the
   * last action (whitened if asked for).
   */
  rewards: Float32Array;
  /** float32 (n): the method's advantage, whitened if asked for; what the policy loss uses. */
  advantages: Float32Array;
  /** float32 (n): unwhitened advantage plus value; what the value loss regresses to. Null without a value network. */
  returns: Float32Array | null;
  /** What goes into the first trained layers, below which nothing changes while the row is trained on. */
  hidden?: HiddenStates;
}

/**
 * Bytes a row holds: its arrays and an allowance for the object itself. Hidden states are not among them: a job's estimate
 * has them, and one that cannot hold them is refused before it starts.
 */
export function experienceBytes(row: Experience): number {
  const arrays = [
    row.prompt_ids,
    row.response_ids,
    row.logprobs,
    row.ref_logprobs,
    row.rollout_logprobs,
    row.values,
    row.kl,
    row.rewards,
    row.advantages,
    row.returns,
  ];
  return arrays.reduce((bytes, array) => bytes + (array?.byteLength ?? 0), 1024);
}
