/** What scores of pairs say of a reward model: pure functions of the scores. */
import type { Normalization } from "../../contract/checkpoint.ts";

/** The raw scores of a pair, and the margin that was asked for. */
export interface ScoredPair {
  chosen: number;
  rejected: number;
  margin: number;
}

/** Bins of equal width that confidences from ½ to 1 are put into. */
const BINS = 10;

/** log(1 + eˣ) */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

export interface PairMeasures {
  /** Mean of −log σ(difference − margin) + center_coef·(sum of both)². */
  loss: number;
  /** Share of pairs whose chosen score is the higher; equal ones are wrong. */
  accuracy: number;
  /** Mean difference. */
  margin: number;
  /**
   * Expected calibration error: σ(|difference|) is how sure the model is of its order of a pair. Pairs are put into ten bins
   * by it; the mean over pairs of how far each bin's accuracy is from its mean confidence.
   */
  calibration_error: number;
  /** Brier score: mean of (1 − σ(difference))². */
  brier: number;
}

/** Of one pair at least. */
export function measurePairs(pairs: readonly ScoredPair[], center_coef: number): PairMeasures {
  const differences = pairs.map(({ chosen, rejected }) => chosen - rejected);
  const bins = Array.from({ length: BINS }, () => ({ count: 0, right: 0, confidence: 0 }));
  for (const difference of differences) {
    const confidence = sigmoid(Math.abs(difference));
    const bin = bins[Math.min(BINS - 1, Math.floor(2 * BINS * (confidence - 0.5)))]!;
    bin.count++;
    bin.right += Number(difference > 0);
    bin.confidence += confidence;
  }
  return {
    loss: mean(
      pairs.map(({ chosen, rejected, margin }, i) =>
        softplus(margin - differences[i]!) + center_coef * (chosen + rejected) ** 2
      ),
    ),
    accuracy: mean(differences.map((difference) => Number(difference > 0))),
    margin: mean(differences),
    calibration_error: bins.reduce((sum, { right, confidence }) => sum + Math.abs(right - confidence), 0) /
      pairs.length,
    brier: mean(differences.map((difference) => (1 - sigmoid(difference)) ** 2)),
  };
}

/** Mean and population standard deviation of the scores; scores that are all the same keep their scale. */
export function normalizationOfPairs(pairs: readonly ScoredPair[]): Normalization {
  const scores = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const center = mean(scores);
  const std = Math.sqrt(mean(scores.map((score) => (score - center) ** 2)));
  return { mean: center, std: std > 0 ? std : 1, samples: scores.length };
}
