/**
 * What an evaluation has come to so far: sums over its prompts, as plain data of a bounded size, so that one that is stopped
 * goes on from them. Prompts are added whole, in the order they are evaluated in.
 */
import { cutText, cutTextBefore } from "../cut_text.ts";
import { EMPTY_STATS, mergeStats, type RunningStats } from "../running_stats.ts";
import { distinct } from "./distinct.ts";
import type { Evaluated } from "./evaluator.ts";

/** How many samples a result shows, and how much of each text. */
export const RESULT_SAMPLES = 10;
const MAX_CHARACTERS = 1000;

/** Variety is that of so many tokens: of more, a bigger evaluation would look the poorer for it. */
export const DISTINCT_TOKENS = 65_536;

/** Scores that are so close to each other are equal: the same text in another batch may differ as much by rounding. */
const EQUAL = 1e-6;

/** Of one policy. */
export interface PolicyTally {
  /** Of the means of prompts. */
  reward: RunningStats;
  terms: Readonly<Record<string, RunningStats>>;
  samples: number;
  tokens: number;
  finished: number;
  /** Sums, in nats. */
  kl: number;
  entropy: number;
  /** The first tokens of its completions, without those that end them. */
  bodies: readonly (readonly number[])[];
}

/** Of two policies, sample by sample. */
export interface PairTally {
  /** Of the means of prompts: the first's score less the second's. */
  difference: RunningStats;
  wins: number;
  ties: number;
  losses: number;
}

export interface SampleShown {
  prompt: string;
  completion: string;
  against: string | null;
  score: number;
  against_score: number | null;
}

export interface Tally {
  policy: PolicyTally;
  /** Null without a second policy. */
  against: PolicyTally | null;
  pairs: PairTally | null;
  shown: readonly SampleShown[];
}

const NOTHING: PolicyTally = {
  ...{ reward: EMPTY_STATS, terms: {}, samples: 0, tokens: 0, finished: 0, kl: 0, entropy: 0 },
  bodies: [],
};

/** Before any prompt. */
export function emptyTally({ against }: { against: boolean }): Tally {
  return {
    policy: NOTHING,
    against: against ? NOTHING : null,
    pairs: against ? { difference: EMPTY_STATS, wins: 0, ties: 0, losses: 0 } : null,
    shown: [],
  };
}

/**
 * `tally` with some prompts more: one after another, so that it does not depend on how many come together.
 *
 * @param against the second policy's, of the same prompts and samples in the same order
 */
export function addEvaluated(
  tally: Tally,
  evaluated: readonly Evaluated[],
  against: readonly Evaluated[] | null,
): Tally {
  return {
    policy: added(tally.policy, evaluated),
    against: tally.against && added(tally.against, against!),
    pairs: tally.pairs && paired(tally.pairs, evaluated, against!),
    shown: [
      ...tally.shown,
      ...evaluated.flatMap((row, at) => row.sample === 0 ? [shown(row, against?.[at])] : []),
    ].slice(0, RESULT_SAMPLES),
  };
}

function added(tally: PolicyTally, rows: readonly Evaluated[]): PolicyTally {
  let { reward } = tally;
  const terms: Record<string, RunningStats> = { ...tally.terms };
  for (const prompt of byPrompt(rows)) {
    reward = mergeStats(reward, meanOf(prompt.map(({ score }) => score)));
    for (const name of new Set(prompt.flatMap((row) => Object.keys(row.terms)))) {
      const said = prompt.map((row) => row.terms[name]).filter((value) => value !== undefined);
      terms[name] = mergeStats(terms[name] ?? EMPTY_STATS, meanOf(said));
    }
  }
  const bodies = [...tally.bodies];
  let left = DISTINCT_TOKENS - bodies.reduce((tokens, ids) => tokens + ids.length, 0);
  for (const { body_ids } of rows) {
    if (left > 0 && body_ids.length > 0) bodies.push(body_ids.slice(0, left));
    left -= body_ids.length;
  }
  const total = (before: number, of: (row: Evaluated) => number) =>
    rows.reduce((sum, row) => sum + of(row), before);
  return {
    reward,
    terms,
    samples: tally.samples + rows.length,
    tokens: total(tally.tokens, ({ tokens }) => tokens),
    finished: total(tally.finished, ({ terminated }) => Number(terminated)),
    kl: total(tally.kl, ({ kl }) => kl),
    entropy: total(tally.entropy, ({ entropy }) => entropy),
    bodies,
  };
}

function paired(
  tally: PairTally,
  rows: readonly Evaluated[],
  against: readonly Evaluated[],
): PairTally {
  const pairs = rows.map((row, at) => ({ ...row, score: row.score, other: against[at]!.score }));
  const equal = ({ score, other }: { score: number; other: number }) =>
    Math.abs(score - other) <= EQUAL * Math.max(1, Math.abs(score), Math.abs(other));
  let { difference } = tally;
  for (const prompt of byPrompt(pairs)) {
    difference = mergeStats(difference, meanOf(prompt.map(({ score, other }) => score - other)));
  }
  const ties = pairs.filter(equal).length;
  const wins = pairs.filter((pair) => !equal(pair) && pair.score > pair.other).length;
  return {
    difference,
    wins: tally.wins + wins,
    ties: tally.ties + ties,
    losses: tally.losses + pairs.length - wins - ties,
  };
}

function shown(row: Evaluated, against: Evaluated | undefined): SampleShown {
  return {
    prompt: cutTextBefore(row.prompt, MAX_CHARACTERS),
    completion: cutText(row.completion, MAX_CHARACTERS),
    against: against === undefined ? null : cutText(against.completion, MAX_CHARACTERS),
    score: row.score,
    against_score: against?.score ?? null,
  };
}

/** The rows of each prompt, which lie together. */
function byPrompt<Row extends { prompt_idx: number }>(rows: readonly Row[]): Row[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last && last[0]!.prompt_idx === row.prompt_idx) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

/** As the only value of its list. */
function meanOf(values: readonly number[]): [number] {
  return [values.reduce((sum, value) => sum + value, 0) / values.length];
}

/** What is measured of one policy's completions. */
export function measures({ samples, tokens, finished, kl, entropy, bodies }: PolicyTally) {
  return {
    kl: kl / samples,
    entropy: entropy / tokens,
    length: tokens / samples,
    finish_share: finished / samples,
    distinct_1: distinct(bodies, 1),
    distinct_2: distinct(bodies, 2),
  };
}
