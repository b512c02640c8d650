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
  /** KL from the reference over the last fifth, in nats a sequence. */
  last_kl: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation; 0 for a single value. */
export function deviation(values: readonly number[]): number {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
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
  return {
    seeds: runs.length,
    score: mean(scores),
    score_se: deviation(scores) / Math.sqrt(runs.length),
    last_score: mean(runs.map((run) => lastFifth(run.scores))),
    steps_to_threshold: mean(runs.map((run) => stepsTo(threshold, run.scores))),
    last_kl: mean(runs.map((run) => lastFifth(run.kl))),
  };
}

/** How much higher `ours` scores, and the standard error of that. */
export function difference(ours: LearningSummary, theirs: LearningSummary): { score: number; se: number } {
  return { score: ours.score - theirs.score, se: Math.hypot(ours.score_se, theirs.score_se) };
}
