/** A reward as another that it is inside sees it: with what it is made of, and without a name. */
import type { RunningStats } from "../running_stats.ts";
import type { Fault, RewardSample, RewardSource, RewardStats, Scorer } from "./reward_source.ts";

/** What one name stands for. */
export interface Column {
  /** float32 (B) */
  scores: Float32Array;
  /** Null where it took none of its own. */
  seconds: number | null;
  /** Null where no row can fail. */
  faults: readonly Fault[] | null;
}

export interface PartScores extends Omit<Column, "seconds"> {
  /** What it is made of, or says beside its scores. */
  parts: Readonly<Record<string, Column>>;
}

/** Statistics as they are kept, and what becomes of them. */
export interface KeptStats {
  readonly before: RewardStats;
  readonly after: Record<string, RunningStats>;
}

export interface RewardPart {
  /** Scores a batch; throws as a `RewardSource` does. Without statistics none are kept. */
  score(samples: readonly RewardSample[], signal?: AbortSignal, stats?: KeptStats): Promise<PartScores>;
}

/** A part that is made of nothing else. */
export function plainPart(scorer: Scorer): RewardPart {
  return {
    score: async (samples, signal) => ({
      scores: await scorer.score(samples, signal),
      faults: null,
      parts: {},
    }),
  };
}

/** What a column and all that it is made of are called, by the name of the column. */
export function named(name: string, { parts, ...own }: PartScores, seconds: number): [string, Column][] {
  return [
    [name, { ...own, seconds }],
    ...Object.entries(parts).map(([inner, column]) => [`${name}.${inner}`, column] as [string, Column]),
  ];
}

/**
 * The whole of a reward.
 *
 * @param name what it is called; null for a sum, which is known by its terms
 */
export function wholeReward(name: string | null, part: RewardPart): RewardSource {
  return {
    async score(samples, signal, before) {
      const begin = performance.now();
      const stats = before && { before, after: { ...before } };
      const whole = await part.score(samples, signal, stats);
      const seconds = (performance.now() - begin) / 1000;
      const columns = name === null ? Object.entries(whole.parts) : named(name, whole, seconds);
      return {
        scores: whole.scores,
        terms: present(columns, ({ scores }) => scores),
        seconds: present(columns, ({ seconds }) => seconds),
        faults: present(columns, ({ faults }) => faults),
        ...(stats && { stats: stats.after }),
      };
    },
  };
}

function present<Value>(
  columns: readonly [string, Column][],
  of: (column: Column) => Value | null,
): Record<string, Value> {
  return Object.fromEntries(
    columns.map(([name, column]) => [name, of(column)] as const)
      .filter((entry): entry is [string, Value] => entry[1] !== null),
  );
}
