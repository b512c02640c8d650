/**
 * Whether a step's policy has diverged, by what the job's guard allows, and what follows. Figures are of a step's rollouts,
 * so they are of the policy before that step's updates: a checkpoint is good once the step after it was.
 */
import type { GuardConfig } from "../../contract/guard_schema.ts";
import type { Stopped, Warning } from "../../contract/training_events.ts";
import { moments, variance } from "../../moments.ts";

/** What a step is judged by. */
export interface GuardFigures {
  /** Nats per sequence. */
  kl: number;
  /** Nats per token. */
  entropy: number;
  /** Mean of the shaped scores. */
  score: number;
}

/** What is known of a guarded job's steps: plain data, which goes into checkpoints. */
export interface GuardState {
  /** The step whose checkpoint is gone back to; 0 is the job's start. */
  good: number;
  /** Mean scores of the last steps that were as they should, oldest first. */
  scores: readonly number[];
  /** Each time it went back: after which step, to the weights after which, and what had begun. */
  rollbacks: readonly { at: number; to: number; code: string }[];
  /** What learning rates are multiplied by. */
  lr_scale: number;
  /** What the last step had, and how often each was told of. */
  lasting: readonly string[];
  told: Readonly<Record<string, number>>;
  /** Why the job does no more steps. */
  stopped: Stopped | null;
}

export const UNGUARDED: GuardState = {
  good: 0,
  scores: [],
  rollbacks: [],
  lr_scale: 1,
  lasting: [],
  told: {},
  stopped: null,
};

/** Steps that a score is compared with: at most, and at least. */
const WINDOW = { most: 16, least: 8 } as const;

/** Scores of steps are not told apart more finely than by this part of their size. */
const SCORE_GRAIN = 1e-3;

/** How often a warning of one kind is given. */
const MAX_TOLD = 5;

interface Trip {
  code: string;
  detail: string;
  figures: Record<string, number>;
}

type Limit = "kl_budget" | "entropy_floor" | "reward_spike";

/** By the field that sets its limit: whether a step is beyond it. */
const LIMITS: Readonly<
  Record<Limit, (limit: number, now: GuardFigures, scores: readonly number[]) => Omit<Trip, "code"> | null>
> = {
  kl_budget: (limit, { kl }) =>
    kl <= limit ? null : {
      detail: `The policy is ${
        round(kl)
      } nats per sequence from its reference; ppo.guard.kl_budget is ${limit}`,
      figures: { kl, kl_budget: limit },
    },
  entropy_floor: (limit, { entropy }) =>
    entropy >= limit ? null : {
      detail: `The policy's tokens have ${
        round(entropy)
      } nats of entropy on average; ppo.guard.entropy_floor is ${limit}`,
      figures: { entropy, entropy_floor: limit },
    },
  reward_spike: (limit, { score }, scores) => {
    if (scores.length < WINDOW.least) return null;
    const before = moments([scores]);
    const grain = SCORE_GRAIN * Math.max(1, Math.abs(before.mean));
    const z = (score - before.mean) / Math.max(Math.sqrt(variance(before, 1)), grain);
    return Math.abs(z) <= limit ? null : {
      detail: `The step's mean score is ${round(score)}, ${round(z)} standard deviations from the ${
        round(before.mean)
      } of the ${before.count} steps before; ppo.guard.reward_spike is ${limit}`,
      figures: { score, z, reward_spike: limit },
    };
  },
};

/** What of a step is beyond its limit. */
function trips(config: GuardConfig, now: GuardFigures, scores: readonly number[]): Trip[] {
  return (Object.keys(LIMITS) as Limit[]).flatMap((field) => {
    const limit = config[field];
    const trip = limit === null ? null : LIMITS[field](limit, now, scores);
    return trip ? [{ code: `guard_${field}`, ...trip }] : [];
  });
}

/** What is to be done after a step. */
export interface Verdict {
  next: GuardState;
  warnings: Warning[];
  /** The step whose weights, moments and state are to be taken again; null to go on. */
  rollback: number | null;
}

/**
 * Judges the step that follows `state`.
 *
 * @param step its number, from 1
 * @param written the step of the newest checkpoint that was due before it; 0 for the job's start
 */
export function judgeStep(
  config: GuardConfig,
  state: GuardState,
  now: GuardFigures,
  { step, written }: { step: number; written: number },
): Verdict {
  const found = trips(config, now, state.scores);
  const codes = found.map(({ code }) => code);
  if (found.length === 0) {
    const scores = [...state.scores, now.score].slice(-WINDOW.most);
    // One that was written before the job last went back is of weights that it has left.
    const good = written >= (state.rollbacks.at(-1)?.at ?? 0) ? written : state.good;
    return { next: { ...state, good, scores, lasting: [] }, warnings: [], rollback: null };
  }
  const news = found.filter(({ code }) => config.action !== "warn" || !state.lasting.includes(code));
  const told = { ...state.told };
  for (const { code } of news) told[code] = (told[code] ?? 0) + 1;
  const warnings = news.filter(({ code }) => config.action !== "warn" || told[code]! <= MAX_TOLD)
    .map((trip) => ({ ...trip, step }));
  const next = { ...state, lasting: codes, told };
  if (config.action === "warn") return { next, warnings, rollback: null };

  const [{ code, detail }] = found as [Trip, ...Trip[]];
  const times = state.rollbacks.length;
  if (config.action === "stop" || times >= config.max_rollbacks) {
    const after = config.action === "stop"
      ? ""
      : `, after ${times} rollbacks, which is ppo.guard.max_rollbacks`;
    return { next: { ...next, stopped: { code, detail: `${detail}${after}` } }, warnings, rollback: null };
  }
  const lr_scale = state.lr_scale * config.lr_factor;
  const rollbacks = [...state.rollbacks, { at: step, to: state.good, code }];
  const where = state.good === 0 ? "where the job began" : `the checkpoint after step ${state.good}`;
  warnings.push({
    code: "rolled_back",
    detail: `After step ${step} the job went back to ${where}; steps are counted on, and learning rates are ${
      round(lr_scale)
    } of what they would be`,
    figures: { step, to: state.good, lr_scale, rollbacks: rollbacks.length },
    step,
  });
  return { next: { ...next, rollbacks, lr_scale }, warnings, rollback: state.good };
}

/** The codes of the warnings above. */
export const GUARD_CODES = [
  ...Object.keys(LIMITS).map((field) => `guard_${field}`),
  "rolled_back",
];

/** For people: three digits. */
function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
