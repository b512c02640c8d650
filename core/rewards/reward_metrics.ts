/** What a batch's terms looked like, as metrics: a mean, a spread and a time each, by name. */
import type { Metrics } from "../contract/progress.ts";
import { moments, variance } from "../moments.ts";
import type { ScoredBatch } from "./reward_source.ts";

/** `reward/<term>/mean`, `/std` (n − 1) and `/seconds` of each term. */
export function rewardMetrics({ terms, seconds }: Pick<ScoredBatch, "terms" | "seconds">): Metrics {
  const metrics: Metrics = {};
  for (const [name, column] of Object.entries(terms)) {
    const seen = moments([column]);
    metrics[`reward/${name}/mean`] = seen.mean;
    metrics[`reward/${name}/std`] = Math.sqrt(variance(seen, 1));
    metrics[`reward/${name}/seconds`] = seconds[name]!;
  }
  return metrics;
}
