/**
 * From what the reward source said to the score that enters the rewards, in one fixed order: missing-EOS rule,
 * soft length limit, scaling by running statistics, clipping.
 */
import type { PpoConfig } from "../../contract/ppo_job.ts";
import { variance } from "../../moments.ts";
import { mergeStats, type RunningStats } from "../../running_stats.ts";

export type ShapingConfig = Pick<
  PpoConfig,
  | "max_new_tokens"
  | "missing_eos"
  | "missing_eos_penalty"
  | "overlong_tokens"
  | "overlong_penalty"
  | "score_scaling"
  | "score_clip"
>;

/** What shaping needs to know of a response: its action tokens, and whether a stop token ended it. */
export interface ResponseEnd {
  length: number;
  terminated: boolean;
}

const MISSING_EOS = {
  subtract: (score: number, penalty: number): number => score - penalty,
  replace: (_score: number, penalty: number): number => -penalty,
} as const;

/**
 * 0 up to maxLength − cache, then a straight line down to −1 at maxLength, −1 beyond (DAPO, equation 13).
 * All in tokens.
 */
export function softOverlong(length: number, maxLength: number, cache: number): number {
  if (length <= maxLength - cache) return 0;
  return length <= maxLength ? (maxLength - cache - length) / cache : -1;
}

/** Scale and shift of each `score_scaling`, from the statistics that already include this batch. */
const SCALINGS = {
  none: (score: number): number => score,
  std: (score: number, stats: RunningStats): number => score / scaleOf(stats),
  mean_std: (score: number, stats: RunningStats): number => (score - stats.mean) / scaleOf(stats),
} as const;

/** The standard deviation, or 1 where it is rounding noise: equal scores must not be blown up. */
function scaleOf(stats: RunningStats): number {
  const deviation = Math.sqrt(variance(stats, 1));
  return deviation > 1e-8 * Math.max(1, Math.abs(stats.mean)) ? deviation : 1;
}

/**
 * Shapes a batch's scores.
 *
 * @param raw (B) scores of the reward source
 * @param ends (B) how each response ended
 * @param stats running statistics of the scores of earlier batches
 * @returns (B) shaped scores, and the statistics for the next batch (unchanged when scaling is off)
 */
export function shapeScores(
  raw: ArrayLike<number>,
  ends: readonly ResponseEnd[],
  config: ShapingConfig,
  stats: RunningStats,
): { scores: Float64Array; stats: RunningStats } {
  if (raw.length !== ends.length) {
    throw new RangeError(`Cannot shape ${raw.length} scores for ${ends.length} responses`);
  }
  const shaped = ends.map(({ length, terminated }, row) => {
    const score = terminated
      ? raw[row]!
      : MISSING_EOS[config.missing_eos](raw[row]!, config.missing_eos_penalty);
    if (config.overlong_tokens === null) return score;
    return score +
      config.overlong_penalty * softOverlong(length, config.max_new_tokens, config.overlong_tokens);
  });
  const seen = config.score_scaling === "none" ? stats : mergeStats(stats, shaped);
  const limit = config.score_clip ?? Infinity;
  const scores = shaped.map((score) => {
    const scaled = SCALINGS[config.score_scaling](score, seen);
    return Math.min(limit, Math.max(-limit, scaled));
  });
  return { scores: Float64Array.from(scores), stats: seen };
}
