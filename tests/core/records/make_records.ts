/** A job with records, as an engine would have written them and the server recorded them; nothing is trained. */
import { eq } from "drizzle-orm";
import { type PpoJobRequest, ppoJobSchema } from "../../../core/contract/ppo_job.ts";
import type { Database } from "../../../core/db/open_database.ts";
import { type JobRow, jobs } from "../../../core/db/schema.ts";
import {
  recordsFolder,
  rolloutColumns,
  type RolloutRecord,
  tokenColumns,
  type TokenRows,
} from "../../../core/formats/record_files.ts";
import { createJob } from "../../../core/jobs/job_lifecycle.ts";
import { getJob } from "../../../core/jobs/job_queries.ts";
import { recordEvent } from "../../../core/jobs/record_event.ts";
import { RecordWriter } from "../../../core/train/record_writer.ts";

export interface RecordShape {
  steps: number;
  steps_per_epoch: number;
  /** Rollouts of a step. */
  rows: number;
  /** Tokens of each; by default from 1 up to 5. */
  tokens?: number;
  /** UTF-16 units of a prompt. */
  prompt?: number;
}

/** Adds a running job without records. */
export async function addRunning(
  db: Database,
  { steps, steps_per_epoch }: Pick<RecordShape, "steps" | "steps_per_epoch">,
  given: Partial<PpoJobRequest> = {},
): Promise<JobRow> {
  const config = ppoJobSchema.parse({
    ...{ kind: "ppo", model: "m", prompts: ["a", "b", "c"], reward: { type: "length", target: 5 } },
    epochs: Math.ceil(steps / steps_per_epoch),
    ...given,
  });
  const plan = {
    ...{ steps, steps_per_epoch, prompt_tokens: { min: 1, mean: 2, max: 3 } },
    ...{ trainable_parameters: 1, base_parameters: 1, estimate: { memory_bytes: 1 } },
  };
  // At once, or the supervisor would take it.
  const id = await db.write(async (tx) => {
    const { id } = await createJob(tx, config, plan, null);
    await tx.update(jobs).set({ status: "running", attempt: 1 }).where(eq(jobs.id, id));
    return id;
  });
  return await getJob(db, id);
}

/** Numbers in [0, 1) that are the same every time. */
function* chance(seed: number): Generator<number, never> {
  for (let state = seed >>> 0;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** A step's rollouts and tokens: any numbers, the same for the same step. */
export function madeStep(
  step: number,
  shape: RecordShape,
): { rollouts: RolloutRecord[]; tokens: TokenRows[] } {
  const numbers = chance(step);
  const next = () => numbers.next().value;
  const tokens = Array.from({ length: shape.rows }, (_, row): TokenRows => {
    const length = shape.tokens ?? 1 + (step + row) % 5;
    const column = () => Float32Array.from({ length }, () => next() * 4 - 2);
    return {
      token_id: Int32Array.from({ length }, () => Math.floor(next() ** 3 * 50_000)),
      text_end: Int32Array.from({ length }, (_, t) => 4 * (t + 1)),
      ...{ logprob: column(), ref_logprob: column(), value: column() },
      ...{ reward: column(), advantage: column(), reward_to_go: column() },
    };
  });
  const rollouts = tokens.map(({ token_id: { length } }, row): RolloutRecord => {
    const score = Math.round(next() * 1000) / 100 - 5;
    return {
      ...{ prompt_idx: (step + row) % 3, sample_idx: Math.floor(row / 3) },
      prompt: `${(step + row) % 3}`.padStart(shape.prompt ?? 20, "prompt "),
      completion: "word".repeat(length),
      ...{ score, raw_score: score + 1, rewards: { length: score + 1 }, kl: next(), bootstrap_value: 0 },
      ...{ finish_reason: "stop", prompt_tokens: 5, completion_tokens: length },
    };
  });
  return { rollouts, tokens };
}

/** Takes steps `from` to `to` of a running job, both included, removing what is too old as an attempt does. */
export async function takeSteps(
  db: Database,
  dataDir: string,
  job: JobRow,
  shape: RecordShape,
  from = 1,
  to = shape.steps,
): Promise<void> {
  for (let step = from; step <= to; step++) await takeStep(db, dataDir, job, step, madeStep(step, shape));
}

/** Takes one step that did this. */
export async function takeStep(
  db: Database,
  dataDir: string,
  { id, plan, config, progress }: JobRow,
  step: number,
  { rollouts, tokens }: ReturnType<typeof madeStep>,
): Promise<void> {
  const writer = await RecordWriter.open(recordsFolder(dataDir, id));
  const keepsTokens = config.kind === "ppo" && config.records.tokens !== false;
  const records = await writer.write(step, {
    rollouts: rolloutColumns(rollouts),
    tokens: keepsTokens ? tokenColumns(tokens, (id) => `t${id}`) : null,
  });
  const epoch = Math.ceil(step / plan.steps_per_epoch);
  const { folders } = await recordEvent(db, { dataDir, jobId: id, attempt: 1, knownStep: 0 }, {
    type: "step",
    progress: { ...progress, step, epoch, steps: plan.steps, eta_seconds: null },
    metrics: { "objective/scores": 1 },
    samples: [],
    records,
  });
  for (const file of folders) await Deno.remove(file);
}

/** A job that has done all its steps. */
export async function makeRecords(
  db: Database,
  dataDir: string,
  shape: RecordShape,
  given: Partial<PpoJobRequest> = {},
): Promise<JobRow> {
  const job = await addRunning(db, shape, given);
  await takeSteps(db, dataDir, job, shape);
  await db.write((tx) =>
    tx.update(jobs).set({ status: "succeeded", finished_at: new Date() }).where(eq(jobs.id, job.id))
  );
  return await getJob(db, job.id);
}
