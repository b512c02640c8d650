/**
 * Equalities that hold in every correct run, checked on the live one. A violation means that rollout, scoring and
 * training disagree (a mask, an offset, a temperature, dropout), which no amount of tuning repairs.
 */
import type { Experience } from "./experience.ts";
import type { UpdateStats } from "./update_metrics.ts";

export interface Violation {
  invariant: string;
  actual: number;
  expected: number;
  /** Largest distance from `expected` that passes. */
  tolerance: number;
}

function check(invariant: string, actual: number, expected: number, tolerance: number): Violation[] {
  return Math.abs(actual - expected) <= tolerance ? [] : [{ invariant, actual, expected, tolerance }];
}

/**
 * How far two measurements of one policy may lie apart. Batches are cut differently for scoring and for training, and a
 * GPU adds up in another order for every shape: exact to the last bits in float32, to three digits or so where products
 * keep 8 or 10 bits. A mask, an offset or a temperature gone wrong is off by far more.
 */
const TOLERANCES = {
  fine: { ratio: 1e-5, approxkl: 1e-8, clipfrac: 0 },
  coarse: { ratio: 2e-2, approxkl: 2e-3, clipfrac: 0.05 },
} as const;

/** The first micro-batch of a step, before any update on its rollouts: new policy = old policy. */
export function firstMicroBatchViolations(
  stats: UpdateStats,
  arithmetic: keyof typeof TOLERANCES = "fine",
): Violation[] {
  const { ratio, approxkl, clipfrac } = TOLERANCES[arithmetic];
  return [
    ...check("ratio of the first micro-batch", stats.ratio_sum / stats.tokens, 1, ratio),
    ...check("approxkl of the first micro-batch", stats.approxkl_sum / stats.tokens, 0, approxkl),
    ...check("clipfrac of the first micro-batch", stats.clipfrac_sum / stats.tokens, 0, clipfrac),
  ];
}

/**
 * Before the first step of an int8 job: its products, for codes at their ends, are those of integer arithmetic.
 *
 * @param wrong how many are not
 */
export function int8Violations(wrong: number): Violation[] {
  return check("number of 8-bit products that are not integer arithmetic's", wrong, 0, 0);
}

/**
 * The first step of a job, before its updates. Pass only what holds for it: `fromReference` where the policy
 * starts as its own reference, `zeroHead` where the value head starts at zero.
 *
 * @param metrics of `rolloutMetrics`
 */
export function firstStepViolations(
  metrics: Record<string, number>,
  rows: readonly Experience[],
  { fromReference, zeroHead }: { fromReference: boolean; zeroHead: boolean },
): Violation[] {
  const largestValue = rows.reduce(
    (most, row) => row.values?.reduce((m, v) => Math.max(m, Math.abs(v)), most) ?? most,
    0,
  );
  return [
    ...(fromReference ? check("objective/kl of the first step", metrics["objective/kl"]!, 0, 1e-4) : []),
    ...(zeroHead ? check("largest value of a zero head", largestValue, 0, 0) : []),
    // Not checked where a zero head's values are off already: it would say the same twice.
    ...(zeroHead && largestValue === 0
      ? check("explained variance of a zero head", metrics["val/explained_var"]!, 0, 1e-9)
      : []),
  ];
}

/**
 * Every row's rewards add up to score − klCoef·Σkl: the score is on one token, once. Does not hold for whitened
 * rewards. At most one violation, the worst.
 */
export function rewardViolations(rows: readonly Experience[], klCoef: number): Violation[] {
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
  const violations = rows.flatMap((row) => {
    const expected = row.score - klCoef * sum(row.kl);
    // float32 rewards: a relative 2⁻²⁴ each.
    const tolerance = 1e-6 * (1 + row.rewards.reduce((total, reward) => total + Math.abs(reward), 0));
    return check(`rewards of rollout ${row.rollout_id}`, sum(row.rewards), expected, tolerance);
  });
  const excess = (violation: Violation) =>
    Math.abs(violation.actual - violation.expected) / violation.tolerance;
  return violations.sort((a, b) => excess(b) - excess(a)).slice(0, 1);
}

/** A sentence for a log line or a warning event. */
export function describeViolation({ invariant, actual, expected, tolerance }: Violation): string {
  return `The ${invariant} is ${actual}, not ${expected} (± ${tolerance})`;
}
