/** A tally as people read it: an evaluation's result, and its running means as metrics. */
import type { EvaluationResult } from "../contract/evaluation_result.ts";
import type { Metrics } from "../contract/progress.ts";
import type { RunningStats } from "../running_stats.ts";
import { interval95 } from "./interval.ts";
import { measures, type Tally } from "./tally.ts";

/** @throws {RangeError} if nothing was evaluated */
export function evaluationResult({ policy, against, pairs, shown }: Tally): EvaluationResult {
  if (policy.samples === 0) throw new RangeError("Cannot sum up an evaluation of no prompts");
  return {
    n: policy.samples,
    prompts: policy.reward.count,
    reward: {
      ...estimate(policy.reward),
      against: against && against.reward.mean,
      difference: pairs && estimate(pairs.difference),
    },
    terms: Object.fromEntries(
      Object.entries(policy.terms).map(([name, term]) => [name, {
        ...estimate(term),
        against: against?.terms[name]?.mean ?? null,
      }]),
    ),
    ...measures(policy),
    win_rate: pairs && pairs.wins / policy.samples,
    wins: pairs && pairs.wins,
    ties: pairs && pairs.ties,
    losses: pairs && pairs.losses,
    against: against && measures(against),
    samples: [...shown],
  };
}

function estimate(observed: RunningStats): { mean: number; ci95: [number, number] | null } {
  return { mean: observed.mean, ci95: interval95(observed) };
}

/** Names of metrics; whatever begins so was measured by an evaluation. */
export const EVALUATION_PREFIX = "eval/";

/**
 * The metrics of an evaluation so far: `eval/avg_reward` with half the width of its interval, `eval/reward/<term>`,
 * `eval/kl`, `eval/entropy`, …; of two policies also how they compare, and the second's below `eval/against/`.
 */
export function evaluationMetrics({ policy, against, pairs }: Tally): Metrics {
  const ci95 = interval95(policy.reward);
  const prefixed = (prefix: string, values: Metrics): Metrics =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
  return prefixed(EVALUATION_PREFIX, {
    avg_reward: policy.reward.mean,
    ...(ci95 && { avg_reward_ci95: (ci95[1] - ci95[0]) / 2 }),
    ...Object.fromEntries(Object.entries(policy.terms).map(([name, { mean }]) => [`reward/${name}`, mean])),
    ...measures(policy),
    ...(pairs && {
      reward_difference: pairs.difference.mean,
      win_rate: pairs.wins / policy.samples,
      tie_rate: pairs.ties / policy.samples,
    }),
    ...(against && prefixed("against/", { avg_reward: against.reward.mean, ...measures(against) })),
  });
}
