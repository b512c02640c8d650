/** What a batch's terms looked like, as metrics: a mean, a spread and a time each, by name. */
import type { Metrics } from "../contract/progress.ts";
import { moments, variance } from "../moments.ts";
import type { ScoredBatch } from "./reward_source.ts";

/**
 * `reward/<term>/mean`, `/std` (n − 1) of the rows that have a number, `/seconds`, and of terms whose rows can fail
 * `/failed`: how many did, and of graders `/failed/<kind>`: how many of them by which flag.
 */
export function rewardMetrics(
  { terms, seconds, faults = {} }: Pick<ScoredBatch, "terms" | "seconds" | "faults">,
): Metrics {
  const metrics: Metrics = {};
  for (const [name, column] of Object.entries(terms)) {
    const seen = moments([column.filter((value) => !Number.isNaN(value))]);
    if (seen.count > 0) {
      metrics[`reward/${name}/mean`] = seen.mean;
      metrics[`reward/${name}/std`] = Math.sqrt(variance(seen, 1));
    }
    const [took, failed] = [seconds[name], faults[name]];
    if (took !== undefined) metrics[`reward/${name}/seconds`] = took;
    if (failed !== undefined) metrics[`reward/${name}/failed`] = failed.length;
    for (const { kind } of failed ?? []) {
      if (kind === undefined) continue;
      const key = `reward/${name}/failed/${kind}`;
      metrics[key] = (metrics[key] ?? 0) + 1;
    }
  }
  return metrics;
}
