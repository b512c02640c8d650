/**
 * The rows of a job, which it works on: prompts, examples, … There may be megabytes of them, so they are stored apart
 * from the rest of a job, are in no answer about it, and are read by pages.
 */
import { z } from "zod";
import { component } from "./component.ts";
import type { JobKind, TrainingJobConfig } from "./training_job.ts";

/** The field of each kind's request that has them. */
export const ROWS_FIELDS = {
  ppo: "prompts",
  sft: "examples",
  reward_model: "preferences",
  evaluation: "prompts",
} as const satisfies Record<JobKind, string>;

export type RowsField = (typeof ROWS_FIELDS)[JobKind];

/** Jobs of each kind without some fields; a plain `Omit` would leave only what all kinds have. */
type Without<Job, Fields extends PropertyKey> = Job extends unknown ? Omit<Job, Fields> : never;

/** A configuration without its rows. */
export type RowlessConfig = Without<TrainingJobConfig, RowsField>;

/** And without what else is stored apart: what a job's row has of it. */
export type StoredConfig = Without<RowlessConfig, "webhook" | "metadata">;

/** The rows of a job and the rest of it. */
export function splitRows(config: TrainingJobConfig): { rows: readonly unknown[]; rest: RowlessConfig } {
  const field = ROWS_FIELDS[config.kind];
  const { [field]: rows, ...rest } = config as Record<RowsField, unknown[]> & TrainingJobConfig;
  return { rows, rest: rest as RowlessConfig };
}

/** What `splitRows` was given. */
export function joinRows(rest: RowlessConfig, rows: readonly unknown[]): TrainingJobConfig {
  return { ...rest, [ROWS_FIELDS[rest.kind]]: rows } as TrainingJobConfig;
}

/** What an answer says of them. */
export const jobRowsSchema = z.object({
  field: z.enum(new Set(Object.values(ROWS_FIELDS)).values().toArray() as [RowsField, ...RowsField[]])
    .describe("The field of the request that has them."),
  count: z.int().describe("How many there are."),
  dataset: z.string().nullable().describe(
    "Id of the dataset that they are read from; null: they came with the request.",
  ),
}).meta({ ...component("JobRows"), description: "What a job works on" });

/** A row as a page has it. */
export const jobRowSchema = z.object({
  index: z.int().describe("From 0, in the order of the request: what prompt_idx means."),
  row: z.unknown().describe("As it was sent, with every default filled in."),
}).meta(component("JobRow"));

export type JobRowView = z.output<typeof jobRowSchema>;
