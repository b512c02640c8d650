/**
 * Means of what prompts come to, with how sure they are. Samples of one prompt are alike, so a prompt is one observation,
 * the mean of its samples (a clustered standard error), and the interval is Student's: exact for means that are normal,
 * wide where prompts are few, and the same whenever it is computed, as it draws nothing.
 */
import type { RunningStats } from "../running_stats.ts";

/** The 95 % confidence interval of the mean of independent observations; null for fewer than two, which say nothing of it. */
export function interval95({ count, mean, m2 }: RunningStats): [low: number, high: number] | null {
  if (count < 2) return null;
  const half = tQuantile975(count - 1) * Math.sqrt(m2 / (count - 1) / count);
  return [mean - half, mean + half];
}

/** Of few degrees of freedom, from 1, where the series below is too coarse. */
const SMALL = [
  ...[12.7062047, 4.3026527, 3.1824463, 2.7764451, 2.5705818],
  ...[2.4469119, 2.3646243, 2.3060041, 2.2621572, 2.2281389],
];

/** The normal distribution's. */
const Z = 1.959963985;

/** What 97.5 % of Student's t with `freedom` degrees lie below (Abramowitz and Stegun 26.7.5 behind the table). */
export function tQuantile975(freedom: number): number {
  const known = SMALL[freedom - 1];
  if (known !== undefined) return known;
  const [z3, z5, z7, z9] = [3, 5, 7, 9].map((power) => Z ** power) as [number, number, number, number];
  return Z + (z3 + Z) / (4 * freedom) +
    (5 * z5 + 16 * z3 + 3 * Z) / (96 * freedom ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * freedom ** 3) +
    (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * Z) / (92160 * freedom ** 4);
}
