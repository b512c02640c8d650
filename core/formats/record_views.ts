/** What record files hold, as it is shown: null where there is no such number, never NaN. */
import type { AttributionView, RolloutView } from "../contract/records.ts";
import type { RolloutRecord, TokenRun } from "./record_files.ts";

/** Which rollout of a job it is. */
export type RolloutPlace = Pick<RolloutView, "rollout_id" | "prompt_idx" | "sample_idx" | "step" | "epoch">;

/** A number as JSON has it. */
const number = (value: number) => Number.isFinite(value) ? value : null;

export function rolloutView(place: RolloutPlace, record: RolloutRecord): RolloutView {
  const { prompt, completion, score, raw_score, rewards, kl, bootstrap_value, ...rest } = record;
  return {
    ...place,
    prompt,
    completion,
    score: number(score),
    raw_score: number(raw_score),
    rewards: Object.fromEntries(Object.entries(rewards).map(([term, score]) => [term, number(score)])),
    kl: number(kl),
    bootstrap_value: number(bootstrap_value),
    finish_reason: rest.finish_reason,
    prompt_tokens: rest.prompt_tokens,
    completion_tokens: rest.completion_tokens,
  };
}

/** @param state_text whether each token comes with the text before it, which is most of what there is to say */
export function tokenViews(
  { rollout_id, ...place }: RolloutPlace,
  { prompt, completion }: RolloutRecord,
  run: TokenRun,
  state_text: boolean,
): AttributionView[] {
  const at = (column: Float32Array | null, token: number) => column && number(column[token]!);
  return Array.from(run.token_id, (action_token_id, token) => {
    const [logprob, ref_logprob] = [at(run.logprob, token), at(run.ref_logprob, token)];
    const said = token === 0 ? run.text_start : run.text_end[token - 1]!;
    return {
      ...(state_text && { state_text: prompt + completion.slice(0, said) }),
      action_token: run.token[token]!,
      action_token_id,
      logprob,
      ref_logprob,
      kl_div: logprob === null || ref_logprob === null ? null : logprob - ref_logprob,
      value: at(run.value, token),
      reward: at(run.reward, token),
      advantage: at(run.advantage, token),
      reward_to_go: at(run.reward_to_go, token),
      ...place,
      position: run.position + token,
      rollout_id,
    };
  });
}
