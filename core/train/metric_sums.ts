/** What the means of an epoch's metrics are made of: plain data, so that a job can resume in the middle of an epoch. */
import type { Metrics } from "../contract/progress.ts";

/** By metric: the sum over the steps that have it, and how many they are. */
export type MetricSums = Readonly<Record<string, { readonly sum: number; readonly count: number }>>;

/** `sums` with a step's metrics added. */
export function addMetrics(sums: MetricSums, metrics: Metrics): MetricSums {
  const added = Object.entries(metrics).map(([name, value]) => {
    const { sum, count } = sums[name] ?? { sum: 0, count: 0 };
    return [name, { sum: sum + value, count: count + 1 }];
  });
  return { ...sums, ...Object.fromEntries(added) };
}

/** Means over the steps that have each metric; every step counts the same. */
export function metricMeans(sums: MetricSums): Metrics {
  return Object.fromEntries(Object.entries(sums).map(([name, { sum, count }]) => [name, sum / count]));
}

const MEASURED = /^time\/|^replicas\/|^reward\/.*\/seconds$|^memory\/|^eps$|tokens_per_second$/;

/** Metrics, or their sums, without what the clock and the machine decide: the same job and seed write the same bytes. */
export function reproducible<Value>(metrics: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => !MEASURED.test(name)));
}
