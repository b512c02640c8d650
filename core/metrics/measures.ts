/**
 * What this process counts and times while it runs: every measure once, with what it means. Recording is an addition into
 * a map, whether anybody asks or not; `exposition.ts` makes text of it for those who do.
 */

/** Series of one measure. Labels come from tables and route patterns, so there are never more; a bound all the same. */
const MAX_SERIES = 500;
/** What is counted in none of its own. */
const OTHER = "other";

interface Described {
  help: string;
  /** Names of what tells its series apart. */
  labels?: readonly string[];
}

/** A value of each series, by the labels' values in their order. */
abstract class Measure<Value> {
  readonly help: string;
  readonly labels: readonly string[];
  readonly #series = new Map<string, { values: readonly string[]; value: Value }>();

  constructor({ help, labels = [] }: Described) {
    this.help = help;
    this.labels = labels;
  }

  /** Each series' labels and value. */
  *series(): Generator<[labels: Record<string, string>, value: Value]> {
    for (const { values, value } of this.#series.values()) {
      yield [Object.fromEntries(this.labels.map((name, at) => [name, values[at]!])), value];
    }
  }

  protected of(values: readonly string[], first: () => Value): { value: Value } {
    const key = values.join("\n");
    const known = this.#series.get(key);
    if (known) return known;
    const isOther = values.every((value) => value === OTHER);
    if (this.#series.size >= MAX_SERIES && !isOther) return this.of(this.labels.map(() => OTHER), first);
    const made = { values, value: first() };
    this.#series.set(key, made);
    return made;
  }
}

/** Something that only grows. */
export class Counter extends Measure<number> {
  add(values: readonly string[] = [], by = 1): void {
    this.of(values, () => 0).value += by;
  }
}

export interface Distribution {
  /** How many were at most each bound, and more than the one before; those above all at the end. */
  counts: number[];
  sum: number;
}

/** Something that is measured many times. */
export class Histogram extends Measure<Distribution> {
  readonly bounds: readonly number[];

  /** @param bounds Ascending. */
  constructor(described: Described & { bounds: readonly number[] }) {
    super(described);
    this.bounds = described.bounds;
  }

  observe(value: number, values: readonly string[] = []): void {
    const { value: distribution } = this.of(values, () => ({
      counts: new Array(this.bounds.length + 1).fill(0),
      sum: 0,
    }));
    const at = this.bounds.findIndex((bound) => value <= bound);
    distribution.counts[at < 0 ? this.bounds.length : at]!++;
    distribution.sum += value;
  }
}

/** Seconds from a read of the database to an answer of the engine. */
const ANSWERS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Seconds from a step of the embedded model to one of a large model. */
const STEPS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];
/** Seconds that somebody waits in a queue. */
const WAITS = [0.01, 0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

/** By name, without the prefix that all have; units are seconds. */
export const MEASURES = {
  http_requests_total: new Counter({
    help: "HTTP requests that were answered, by route pattern; 'none' where nothing is.",
    labels: ["method", "route", "status"],
  }),
  http_request_duration_seconds: new Histogram({
    help: "Time until the head of an answer was ready.",
    labels: ["method", "route"],
    bounds: ANSWERS,
  }),
  database_write_seconds: new Histogram({
    help: "Time of a transaction that writes, waiting for its turn and for locks included.",
    labels: ["outcome"],
    bounds: ANSWERS,
  }),
  engine_starts_total: new Counter({ help: "Engine processes started." }),
  engine_exits_total: new Counter({
    help: "Engine processes that ended: stopped when asked, crashed, or killed by this server as they hung.",
    labels: ["how"],
  }),
  serving_wait_seconds: new Histogram({
    help: "Time that a check, generation or score waited for a place in an engine process.",
    bounds: WAITS,
  }),
  job_queue_wait_seconds: new Histogram({
    help: "Time that a job waited in the queue until an engine was started for it.",
    bounds: WAITS,
  }),
  job_attempts_total: new Counter({ help: "Engine processes started for jobs." }),
  job_ends_total: new Counter({ help: "Jobs that ended.", labels: ["status"] }),
  step_seconds: new Histogram({ help: "Time of a training step.", labels: ["kind"], bounds: STEPS }),
  trained_tokens_total: new Counter({
    help: "Tokens that steps were trained on; its rate is tokens per second over all jobs.",
    labels: ["kind"],
  }),
} as const;
