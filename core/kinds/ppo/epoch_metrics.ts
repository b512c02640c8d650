/** Metrics of an epoch: the means of its steps', under their names, and the four that webhooks promise. */
import type { Metrics } from "../../contract/progress.ts";
import { metricMeans, type MetricSums } from "../../train/metric_sums.ts";

/**
 * @param sums of the metrics of the epoch's steps
 * @returns means over the steps that have each metric, plus policy_loss, value_loss (not without a value network), kl_div
 *   (nats per sequence) and avg_reward (shaped score per sequence)
 * @throws {RangeError} if there are no steps
 */
export function epochMetrics(sums: MetricSums): Metrics {
  const means = metricMeans(sums);
  const mean = (name: string) => {
    const value = means[name];
    if (value === undefined) throw new RangeError(`Steps have no metric ${name}`);
    return value;
  };
  return {
    ...means,
    policy_loss: mean("loss/policy_avg"),
    ...("loss/value_avg" in means && { value_loss: mean("loss/value_avg") }),
    kl_div: mean("objective/kl"),
    avg_reward: mean("objective/scores"),
  };
}
