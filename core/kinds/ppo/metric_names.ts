/** The metrics that a PPO job's epochs and evaluations have, known before it runs: a test holds them to what jobs have. */
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import { ADVANTAGE_METHODS } from "../../contract/advantage_methods.ts";
import { partNames } from "../../contract/rewards/term_names.ts";
import type { MetricNames } from "../check_watched.ts";

const ALWAYS = [
  ...["avg_reward", "kl_div", "policy_loss", "episode", "kl_coef", "lr"],
  ...["objective/kl", "objective/entropy", "objective/non_score_reward", "objective/rlhf_reward"],
  ...["objective/scores", "objective/scores_std", "objective/raw_scores"],
  ...["response_len/mean", "response_len/min", "response_len/max", "truncated_frac", "val/num_eos_tokens"],
  ...["advantages/mean", "advantages/std", "rollout_gap/mean_abs", "rollout_gap/max_abs", "rollout_gap/k3"],
  ...["loss/policy_avg", "policy/approxkl_avg", "policy/clipfrac_avg", "policy/entropy_avg", "policy/k3_avg"],
  ...["policy/grad_norm", "val/ratio", "val/ratio_var"],
  ...["optimizer_steps", "skipped_steps", "early_stop_epoch", "padding_share"],
  ...["rollout/prefill_tokens", "rollout/prefill_tokens_saved"],
];

const WITH_CRITIC = [
  ...["value_loss", "val/explained_var", "loss/value_avg", "value/grad_norm", "val/clipfrac_avg"],
];

const EVALUATION = [
  ...["avg_reward", "avg_reward_ci95", "kl", "entropy", "length", "finish_share", "distinct_1", "distinct_2"],
].map((name) => `eval/${name}`);

export function ppoMetricNames({ ppo, reward, evaluate, rollouts }: PpoJobConfig): MetricNames {
  const parts = partNames(reward);
  const of = (start: string, ...ends: string[]) =>
    parts.flatMap((name) => ends.map((end) => start + name + end));
  return {
    names: [
      ...ALWAYS,
      ...(ADVANTAGE_METHODS[ppo.advantage].critic ? WITH_CRITIC : []),
      ...(ppo.kl_in === "loss" ? ["loss/kl_avg"] : []),
      ...(rollouts ? ["rollouts/retokenized_frac"] : []),
      ...(ppo.rollouts_per_prompt > 1 ? ["frac_reward_zero_std"] : []),
      ...of("reward/", "/mean", "/std"),
      ...(evaluate ? [...EVALUATION, ...of("eval/reward/", "")] : []),
    ],
    // What is inside a part, or a service or module says beside its scores; and how many rows of a part failed.
    open: [...of("reward/", ".", "/failed"), ...(evaluate ? of("eval/reward/", ".") : [])],
  };
}
