/** Metrics of an epoch: the means of its steps', under their names, and the four that webhooks promise. */
import type { Metrics } from "../../contract/progress.ts";

/**
 * @param steps the metrics of the epoch's steps; every step counts the same
 * @returns means over the steps that have each metric, plus policy_loss, value_loss, kl_div (nats per sequence)
 *   and avg_reward (shaped score per sequence)
 * @throws {RangeError} if there are no steps
 */
export function epochMetrics(steps: readonly Metrics[]): Metrics {
  if (steps.length === 0) throw new RangeError("Cannot average an epoch of no steps");
  const totals = new Map<string, { sum: number; count: number }>();
  for (const step of steps) {
    for (const [name, value] of Object.entries(step)) {
      const total = totals.get(name) ?? { sum: 0, count: 0 };
      totals.set(name, { sum: total.sum + value, count: total.count + 1 });
    }
  }
  const means = Object.fromEntries([...totals].map(([name, { sum, count }]) => [name, sum / count]));
  const mean = (name: string) => {
    const value = means[name];
    if (value === undefined) throw new RangeError(`Steps have no metric ${name}`);
    return value;
  };
  return {
    ...means,
    policy_loss: mean("loss/policy_avg"),
    value_loss: mean("loss/value_avg"),
    kl_div: mean("objective/kl"),
    avg_reward: mean("objective/scores"),
  };
}
