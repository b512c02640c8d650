/**
 * Measures as Prometheus reads them. prom-client, which is some megabytes, is loaded when somebody asks for the first time.
 */
import type { Registry } from "prom-client";
import { Counter, type Histogram, MEASURES } from "./measures.ts";

/** What all names begin with. */
const PREFIX = "proximal_";

/** Something that is looked up when it is asked for, by name without the prefix. */
export interface Gauge {
  help: string;
  series: { labels?: Record<string, string>; value: number }[];
}

interface Value {
  labels: Record<string, string | number>;
  value: number;
  metricName?: string;
}

function* histogramValues(name: string, histogram: Histogram): Generator<Value> {
  for (const [labels, { counts, sum }] of histogram.series()) {
    let count = 0;
    for (const [at, more] of counts.entries()) {
      count += more;
      const le = histogram.bounds[at] ?? "+Inf";
      yield { labels: { le, ...labels }, value: count, metricName: `${name}_bucket` };
    }
    yield { labels, value: sum, metricName: `${name}_sum` };
    yield { labels, value: count, metricName: `${name}_count` };
  }
}

function valuesOf(name: string, measure: Counter | Histogram): Value[] {
  return measure instanceof Counter
    ? [...measure.series()].map(([labels, value]) => ({ labels, value }))
    : [...histogramValues(name, measure)];
}

/**
 * prom-client's measures of the process itself that look when they are asked, and not into /proc, which Deno opens only to
 * who may do everything; others of it sample all the time.
 */
const PROCESS = [
  () => import("prom-client/lib/metrics/processCpuTotal.js"),
  () => import("prom-client/lib/metrics/processStartTime.js"),
];

async function client() {
  const { Registry } = await import("prom-client");
  const registry = new Registry();
  for (const [short, measure] of Object.entries(MEASURES) as [string, Counter | Histogram][]) {
    const name = PREFIX + short;
    const type = measure instanceof Counter ? "counter" : "histogram";
    register(registry, { name, help: measure.help, type }, () => valuesOf(name, measure));
  }
  for (const load of PROCESS) {
    const { default: collect } = await load() as { default: (registry: unknown, options: object) => void };
    collect(registry, {});
  }
  const memory = {
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    type: "gauge",
  };
  register(registry, memory, () => [{ labels: {}, value: Deno.memoryUsage().rss }]);
  return { registry, Registry };
}

/** A registry takes whatever can say its values. */
function register(
  registry: Registry,
  described: { name: string; help: string; type: string },
  values: () => Value[],
) {
  const metric = {
    ...described,
    aggregator: "sum",
    get: () => Promise.resolve({ ...described, values: values() }),
  };
  registry.registerMetric(metric as never);
}

let loaded: ReturnType<typeof client> | undefined;

/**
 * All measures and `gauges` as text.
 *
 * @returns the text and its content type
 */
export async function exposition(gauges: Record<string, Gauge>): Promise<{ text: string; type: string }> {
  const { registry, Registry } = await (loaded ??= client());
  const looked = new Registry();
  for (const [short, { help, series }] of Object.entries(gauges)) {
    const values = series.map(({ labels = {}, value }) => ({ labels, value }));
    register(looked, { name: PREFIX + short, help, type: "gauge" }, () => values);
  }
  const all = Registry.merge([registry, looked]);
  return { text: await all.metrics(), type: all.contentType };
}
