/** A job's cost, or a refusal that says what it needs, what there is, and which smaller job would fit. */
import { UserError } from "../errors.ts";
import type { JobCost } from "./job_cost.ts";
import type { SmallerJob } from "./kind.ts";

/**
 * What the job costs.
 *
 * @param smaller changes that may be advised
 * @param available bytes that it may take
 * @throws {UserError} `job_too_large` with the figures, naming a field whose change would make it fit
 */
export function fittingCost<Job>(
  job: Job,
  costOf: (job: Job) => JobCost,
  smaller: readonly SmallerJob<Job>[],
  available: number,
): JobCost {
  const cost = costOf(job);
  if (cost.memory_bytes <= available) return cost;
  const fitting = smaller.flatMap(({ path, change }) => {
    const changed = change(job);
    const bytes = changed && costOf(changed).memory_bytes;
    return changed && bytes! <= available
      ? [{ path, message: `${JSON.stringify(at(changed, path))} would need ${gigabytes(bytes!)}` }]
      : [];
  });
  const parts = Object.entries(cost.memory).filter(([, bytes]) => bytes > 0)
    .map(([name, bytes]) => `${name} ${gigabytes(bytes)}`).join(", ");
  const advice = fitting.length > 0
    ? fitting.map(({ path, message }) => `${path} ${message}`).join("; ")
    : "no smaller batch or length would fit: choose a smaller model";
  throw new UserError(
    "job_too_large",
    `The job needs about ${gigabytes(cost.memory_bytes)} (${parts}), and there are ${
      gigabytes(available)
    }: ${advice}`,
    fitting.length > 0 ? fitting : [{ path: "model", message: "Expected a smaller model" }],
  );
}

function at(job: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], job);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 2)} GB`;
}
