/**
 * What goes wrong in a job that runs: conditions over the figures of its steps, told once when each begins, and again only
 * after it has ended.
 */
import type { Warning } from "../../contract/training_events.ts";
import type { Experience } from "./experience.ts";
import { GUARD_CODES } from "./guard.ts";
import { groupsOf } from "./group_advantages.ts";
import { describeViolation, type Violation } from "./invariants.ts";

/** What a step is judged by. */
export interface StepFigures {
  /** Of the batch, as the reward gave them. */
  lowest_score: number;
  highest_score: number;
  /**
   * How far apart they are as they enter the rewards: clipped, scaled, less what a missing end costs. Of a method that
   * compares the responses to one prompt, the most of any prompt's.
   */
  shaped_range: number;
  /** Whether it is of such a method. */
  grouped?: boolean;
  rows: number;
  /** Part of the rows that no stop token ended. */
  truncated_frac: number;
  /** Σ of log-probabilities under policy less those under the reference, mean over the rows: nats per sequence. */
  kl: number;
  /** Action tokens of a row, mean. */
  tokens: number;
  /** Mean entropy of a token before the step's updates, in nats, at the job's temperature. */
  entropy: number;
  /** Mean norm of the policy's gradients; null where it was not trained. */
  grad_norm: number | null;
  temperature: number;
  /** What the KL controller steers to, in nats per sequence; null where it does not. */
  target: number | null;
  /** Optimizer steps whose gradient was not finite. */
  skipped: number;
  violations: readonly Violation[];
  /** Rows that were given no score by a part of the reward, and what is said of the first. */
  unscored: number;
  fault: string | null;
  /** Mean distance of a server's log-probabilities from ours, in nats a token; null where none sampled. */
  rollout_gap?: number | null;
}

/** The figures of a step's rollouts, with those that they do not tell. */
export function stepFigures(
  rows: readonly Experience[],
  others: Pick<
    StepFigures,
    | "grouped"
    | "entropy"
    | "grad_norm"
    | "temperature"
    | "target"
    | "skipped"
    | "violations"
    | "unscored"
    | "fault"
    | "rollout_gap"
  >,
): StepFigures {
  const scores = rows.map(({ raw_score }) => raw_score);
  const groups = others.grouped ? groupsOf(rows.map(({ group }) => group)) : [[...rows.keys()]];
  const ranges = groups.map((places) => {
    const shaped = places.map((row) => rows[row]!.score);
    return Math.max(...shaped) - Math.min(...shaped);
  });
  const mean = (of: (row: Experience) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  return {
    lowest_score: Math.min(...scores),
    highest_score: Math.max(...scores),
    shaped_range: Math.max(...ranges),
    rows: rows.length,
    truncated_frac: mean(({ terminated }) => terminated ? 0 : 1),
    kl: mean(({ logprobs, ref_logprobs }) =>
      logprobs.reduce((sum, logprob, at) => sum + logprob - ref_logprobs[at]!, 0)
    ),
    tokens: mean(({ response_ids }) => response_ids.length),
    ...others,
  };
}

/** What a job's steps so far come to, the one that is judged included. */
export interface Past {
  first: StepFigures;
  /** Whether any had something to learn from. */
  signal: boolean;
  last_score: number;
  best_score: number;
  /** Steps in a row in which there was nothing to learn from. */
  flat: number;
}

interface Condition {
  begins(now: StepFigures, past: Past): boolean;
  /** Asked once it has begun; further away than where it begins, or a job on the boundary would tell of it at each step. */
  ends(now: StepFigures, past: Past): boolean;
  detail(now: StepFigures, past: Past): string;
  help(now: StepFigures): string;
  figures(now: StepFigures, past: Past): Record<string, number>;
}

/** Steps in a row, and rows in them, whose scores are not equal by chance once some had a signal. */
const FLAT = { steps: 3, rows: 16 } as const;

/** A single row has no other to be compared with in its step, and one of a prompt's few is often like them. */
const FEW_ROWS = 3;

/** The KL, in nats per sequence, that short responses may come to, and what every token adds to it. */
const KL_BOUND = { sequence: 15, token: 0.5 } as const;

/** How far beyond its target a controller may be found, and the least that is a matter of. */
const TARGET = { factor: 3, least: 5 } as const;

/**
 * A policy has collapsed when a token has less than both: a part of what it had when the job began, and nats. One that was
 * as sure from the start, by its making or by a low temperature, has nothing to lose.
 */
const COLLAPSED = { part: 0.1, nats: 0.05 } as const;

/** Nats a token: half precision and 8-bit weights come to 0.01 to 0.05, a policy that has learned to more. */
const GAP_BOUND = 0.1;

/** What has to be left behind to have ended, as a multiple of the bound. */
const ENTROPY_RETURN = 2;
const KL_RETURN = 0.7;
const GAP_RETURN = 0.7;

/**
 * RLHF's papers work at some 6 to 25 nats per summary of 24 to 48 tokens, and find texts that only please the reward
 * beyond. Log-probabilities at a low temperature lie as much further apart as it is low.
 */
function klBound({ tokens, temperature, target }: StepFigures): number {
  const usual = KL_BOUND.sequence + KL_BOUND.token * tokens;
  return (target === null ? usual : Math.max(TARGET.factor * target, TARGET.least)) *
    Math.max(1, 1 / temperature);
}

function entropyBound(first: StepFigures): number {
  return Math.min(COLLAPSED.part * first.entropy, COLLAPSED.nats);
}

/** Equal but for rounding. */
function equal(low: number, high: number): boolean {
  return high - low <= 1e-6 * Math.max(1, Math.abs(low), Math.abs(high));
}

/** Whether a step has nothing that tells one response from another; of single rows, from that of the step before. */
function isFlat(now: StepFigures, before: Past | null): boolean {
  if (now.grad_norm === 0) return true;
  if (now.rows === 1) return before === null || equal(now.highest_score, before.last_score);
  return equal(now.lowest_score, now.highest_score) || equal(0, now.shaped_range);
}

/** Flat steps that it takes: one at first, when none has had a signal. */
function flatSteps({ rows, grouped }: StepFigures, signal: boolean): number {
  if (signal) return Math.max(FLAT.steps, Math.ceil(FLAT.rows / rows));
  return rows === 1 || grouped ? FEW_ROWS : 1;
}

const CONDITIONS = {
  no_signal: {
    begins: (now, { flat, signal, best_score }) => {
      // Equal at the best so far: the job has learned what there was to learn.
      const solved = signal && now.grad_norm !== 0 && equal(now.lowest_score, best_score);
      return !solved && flat >= flatSteps(now, signal);
    },
    ends: (_, { flat }) => flat === 0,
    detail: (now, { flat }) => {
      const steps = flat > 1 ? `in the last ${flat} steps` : "in the step";
      if (now.rows === 1 && now.grad_norm === 0) {
        return `The policy's gradient was 0 ${steps}: nothing is learned`;
      }
      if (equal(now.lowest_score, now.highest_score)) {
        const score = `${round(now.highest_score)} (${now.rows} rows a step)`;
        return `All scores ${steps} are ${score}: nothing tells a better response from a worse one`;
      }
      if (now.grouped && equal(0, now.shaped_range)) {
        return `The responses to each prompt score the same ${steps}: nothing tells a better one from a worse one`;
      }
      return equal(0, now.shaped_range)
        ? `All scores ${steps} are equal once they are shaped, from ${round(now.lowest_score)} to ${
          round(now.highest_score)
        } before: nothing tells a better response from a worse one`
        : `The policy's gradient was 0 ${steps}: nothing is learned`;
    },
    help: (now) =>
      now.truncated_frac === 1
        ? "No response ended by itself: try a larger ppo.max_new_tokens, and a reward that tells such responses apart"
        : "Look at the samples and their scores: try a reward that grades responses, more rows in ppo.batch_size, a " +
          "higher ppo.temperature, or a wider ppo.score_clip if there is one",
    figures: ({ lowest_score, highest_score, shaped_range, rows, grad_norm, truncated_frac }, { flat }) => ({
      ...{ lowest_score, highest_score, shaped_range, rows, truncated_frac, steps: flat },
      ...(grad_norm !== null && { grad_norm }),
    }),
  },

  kl_high: {
    begins: (now) => !(now.kl <= klBound(now)),
    ends: (now) => now.kl <= KL_RETURN * klBound(now),
    detail: (now) =>
      `The policy has left its reference by ${round(now.kl)} nats per response of ${
        round(now.tokens)
      } tokens, ` +
      `${round(now.kl / now.tokens)} a token; more than ${
        round(klBound(now))
      } is more than most jobs can use`,
    help: () =>
      "Texts may please the reward alone by now: read the samples, and use an earlier checkpoint, a higher ppo.kl_coef, a " +
      "lower ppo.learning_rate or a ppo.target_kl",
    figures: (now) => ({
      kl: now.kl,
      kl_per_token: now.kl / now.tokens,
      bound: klBound(now),
      tokens: now.tokens,
    }),
  },

  entropy_collapsed: {
    begins: (now, { first }) => now.entropy < entropyBound(first) && first.entropy >= COLLAPSED.nats,
    ends: (now, { first }) => now.entropy > ENTROPY_RETURN * entropyBound(first),
    detail: (now, { first }) =>
      `The policy's tokens have ${round(now.entropy)} nats of entropy on average, ${
        round(first.entropy)
      } when the job began: it says the same each time, and has nothing left to try`,
    help: () =>
      "Use an earlier checkpoint, and a higher ppo.kl_coef, a lower ppo.learning_rate or a small ppo.entropy_coef",
    figures: (now, { first }) => ({ entropy: now.entropy, first_entropy: first.entropy }),
  },

  gradient_not_finite: {
    begins: ({ skipped }) => skipped > 0,
    ends: ({ skipped }) => skipped === 0,
    detail: ({ skipped }) => `${skipped} optimizer steps were skipped: their gradient was not finite`,
    help: () => "Try a lower ppo.learning_rate, smaller rewards (ppo.score_clip), or weights in float32",
    figures: ({ skipped }) => ({ skipped_steps: skipped }),
  },

  rewards_failed: {
    begins: ({ unscored }) => unscored > 0,
    ends: ({ unscored }) => unscored === 0,
    detail: ({ unscored, rows, fault }) =>
      `${unscored} of ${rows} rows were given no score, and have their reward's on_error instead: ${fault}`,
    help: () => "Repair what gives the scores: reward/<term>/failed counts such rows in every step",
    figures: ({ unscored, rows }) => ({ unscored, rows }),
  },

  rollouts_off_policy: {
    begins: ({ rollout_gap }) => (rollout_gap ?? 0) > GAP_BOUND,
    ends: ({ rollout_gap }) => (rollout_gap ?? 0) < GAP_RETURN * GAP_BOUND,
    detail: ({ rollout_gap }) =>
      `The rollout server's log-probabilities are ${round(rollout_gap!)} nats a token from the policy's; ` +
      `more than ${GAP_BOUND} is more than rounding explains`,
    help: () =>
      "It samples another policy, so the update is off-policy: have it follow by rollouts.adapter, or look at its base " +
      "model, its precision, and what rollouts.logprobs says it reports",
    figures: ({ rollout_gap }) => ({ rollout_gap: rollout_gap!, bound: GAP_BOUND }),
  },

  identity_violated: {
    begins: ({ violations }) => violations.length > 0,
    ends: ({ violations }) => violations.length === 0,
    detail: ({ violations }) => violations.map(describeViolation).join("; "),
    help: () => "Sampling, scoring and training disagree, which no setting repairs: please report it",
    figures: ({ violations: [violation] }) => ({ actual: violation!.actual, expected: violation!.expected }),
  },
} as const satisfies Record<string, Condition>;

/** The codes of all warnings that a job may give. */
export const WARNING_CODES = ["no_stop_tokens", ...Object.keys(CONDITIONS), ...GUARD_CODES] as const;

/** The most that a job tells of one condition. */
const MAX_TOLD = 5;

/** What was seen of a job's steps: plain data, so that a job that resumes is warned of as if it had not ended. */
export interface WatchState {
  past: Past | null;
  /** How often each condition was told of. */
  told: Readonly<Record<string, number>>;
  /** Conditions that have begun and not ended. */
  lasting: readonly string[];
}

export const NOTHING_SEEN: WatchState = { past: null, told: {}, lasting: [] };

/** The conditions that begin in this step, counted from 1, and what is to be known in the next. */
export function watchStep(
  { past: before, told, lasting }: WatchState,
  now: StepFigures,
  step: number,
): { warnings: Warning[]; next: WatchState } {
  const flat = isFlat(now, before) ? (before?.flat ?? 0) + 1 : 0;
  const past: Past = {
    first: before?.first ?? now,
    signal: (before?.signal ?? false) || flat === 0,
    last_score: now.highest_score,
    best_score: Math.max(before?.best_score ?? -Infinity, now.highest_score),
    flat,
  };
  const conditions = Object.entries<Condition>(CONDITIONS);
  const begun = conditions.filter(([code, { begins }]) => !lasting.includes(code) && begins(now, past));
  const on = conditions.filter(([code, { ends }]) => lasting.includes(code) && !ends(now, past));
  const tellings = { ...told };
  for (const [code] of begun) tellings[code] = (told[code] ?? 0) + 1;
  const warnings = begun.filter(([code]) => tellings[code]! <= MAX_TOLD).map(([code, condition]) => ({
    code,
    detail: `${condition.detail(now, past)}. ${condition.help(now)}`,
    figures: condition.figures(now, past),
    step,
  }));
  return { warnings, next: { past, told: tellings, lasting: [...on, ...begun].map(([code]) => code) } };
}

/** For people: three digits. */
function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
