/** A job's cost, or a refusal that says what it needs, what there is, and which smaller job would fit. */
import { UserError } from "../errors.ts";
import type { TrainingJobConfig } from "../contract/training_job.ts";
import { type JobCost, jobCost, type JobShape } from "./ppo/cost.ts";

type PpoChange = Partial<TrainingJobConfig["ppo"]>;

/** Changes to try in this order, by the field they change; null where there is nothing left to change. */
const SMALLER: readonly { path: string; change: (job: TrainingJobConfig) => TrainingJobConfig | null }[] = [
  {
    path: "base_precision",
    change: (job) =>
      job.trainable.type === "lora" && job.base_precision !== "int8"
        ? { ...job, base_precision: "int8", rollout_precision: null }
        : null,
  },
  {
    path: "ppo.micro_batch_size",
    change: (job) => job.ppo.micro_batch_size === 1 ? null : withPpo(job, { micro_batch_size: 1 }),
  },
  { path: "ppo.max_new_tokens", change: (job) => halved(job, "max_new_tokens") },
  {
    path: "ppo.batch_size",
    change: (job) => withPpo(job, { batch_size: 1, num_mini_batches: 1, micro_batch_size: null }),
  },
  {
    path: "trainable",
    change: (job) =>
      job.trainable.type === "full"
        ? { ...job, trainable: { type: "lora", r: 16, alpha: 32, dropout: 0, target_modules: "all-linear" } }
        : null,
  },
];

function withPpo(job: TrainingJobConfig, change: PpoChange): TrainingJobConfig {
  return { ...job, ppo: { ...job.ppo, ...change } };
}

function halved(job: TrainingJobConfig, field: "max_new_tokens"): TrainingJobConfig | null {
  const value = Math.floor(job.ppo[field] / 2);
  return value < 1 ? null : withPpo(job, { [field]: value });
}

/**
 * What the job costs.
 *
 * @param available bytes that it may take
 * @throws {UserError} `job_too_large` with the figures, naming a field whose change would make it fit
 */
export function fittingCost(job: TrainingJobConfig, shape: JobShape, available: number): JobCost {
  const cost = jobCost(job, shape);
  if (cost.memory_bytes <= available) return cost;
  const fitting = SMALLER.flatMap(({ path, change }) => {
    const smaller = change(job);
    const bytes = smaller && jobCost(smaller, shape).memory_bytes;
    return smaller && bytes! <= available
      ? [{ path, message: `${JSON.stringify(at(smaller, path))} would need ${gigabytes(bytes!)}` }]
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

function at(job: TrainingJobConfig, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], job);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 2)} GB`;
}
