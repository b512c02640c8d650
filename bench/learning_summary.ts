/** How fast runs of two systems learned, beside each other: means over seeds, and how sure the difference is. */

/** A run's course: one number a step. */
export interface Course {
  scores: readonly number[];
  kl: readonly number[];
}

export interface LearningSummary {
  seeds: number;
  /** Mean score over the whole run, over seeds, and its standard error. */
  score: number;
  score_se: number;
  /** Mean score of the last fifth. */
  last_score: number;
  /** Steps until one reaches the threshold, over seeds; a run that never does counts one more than it has. */
  steps_to_threshold: number;
  /** KL from the reference over the last fifth, in nats a sequence, and its standard error. */
  last_kl: number;
  last_kl_se: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean of several runs at each step. */
export function meanCurve(runs: readonly (readonly number[])[]): number[] {
  return (runs[0] ?? []).map((_, step) => mean(runs.map((run) => run[step]!)));
}

/** Sample standard deviation; 0 for a single value. */
export function deviation(values: readonly number[]): number {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}

function standardError(values: readonly number[]): number {
  return deviation(values) / Math.sqrt(values.length);
}

function lastFifth(values: readonly number[]): number {
  return mean(values.slice(-Math.ceil(values.length / 5)));
}

/** Steps, counted from 1, until the score is at least `threshold`; one more than there are if it never is. */
export function stepsTo(threshold: number, scores: readonly number[]): number {
  const at = scores.findIndex((score) => score >= threshold);
  return (at < 0 ? scores.length : at) + 1;
}

export function summarise(runs: readonly Course[], threshold: number): LearningSummary {
  const scores = runs.map((run) => mean(run.scores));
  const kl = runs.map((run) => lastFifth(run.kl));
  return {
    seeds: runs.length,
    score: mean(scores),
    score_se: standardError(scores),
    last_score: mean(runs.map((run) => lastFifth(run.scores))),
    steps_to_threshold: mean(runs.map((run) => stepsTo(threshold, run.scores))),
    last_kl: mean(kl),
    last_kl_se: standardError(kl),
  };
}

/** How much higher `ours` scores, how much further it is from its reference, and the standard errors of both. */
export function difference(
  ours: LearningSummary,
  theirs: LearningSummary,
): { score: number; score_se: number; kl: number; kl_se: number } {
  return {
    score: ours.score - theirs.score,
    score_se: Math.hypot(ours.score_se, theirs.score_se),
    kl: ours.last_kl - theirs.last_kl,
    kl_se: Math.hypot(ours.last_kl_se, theirs.last_kl_se),
  };
}
