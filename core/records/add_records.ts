/**
 * Rows of what an engine has written of a step's rollouts, and which records are too old to stay. Both are part of the
 * transaction that writes the step's metrics: the records of a step are there when its metrics are.
 */
import { and, asc, eq, gte, lt } from "drizzle-orm";
import { join } from "node:path";
import type { StepRecords } from "../contract/records.ts";
import type { Transaction } from "../db/open_database.ts";
import { jobRecords, type JobRecordsRow, type JobRow, recordSteps, rollouts } from "../db/schema.ts";
import { UserError } from "../errors.ts";
import { recordsOf } from "./records_of.ts";
import { openRollouts, RECORD_PARTS, recordFile, recordsFolder } from "../formats/record_files.ts";

/** Rollouts that are inserted by one statement. */
const PART = 500;
/** Steps that lose records at once; more than one at most, so those of an epoch are gone long before the next one ends. */
const MAX_REMOVED = 32;

/** What rollouts of a step are found and ordered by. */
export type RolloutKeys = Awaited<ReturnType<Awaited<ReturnType<typeof openRollouts>>["keys"]>>;

/**
 * Reads what is to be found of a step's rollouts.
 *
 * @throws {UserError} `damaged_checkpoint` when the file is not there, `damaged_data`
 */
export async function readKeys(dataDir: string, jobId: string, step: number): Promise<RolloutKeys> {
  const folder = recordsFolder(dataDir, jobId);
  try {
    const file = await openRollouts(folder, step);
    try {
      return await file.keys();
    } finally {
      file.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    const detail = "The job's records were removed while it ran";
    throw new UserError("damaged_checkpoint", detail, [], { cause: thrown });
  }
}

/**
 * Adds the rows of a step's records and removes those of steps that are not to stay.
 *
 * @returns files that are to be removed once all this is written
 */
export async function addRecords(
  tx: Transaction,
  dataDir: string,
  job: JobRow,
  { step, written, keys }: { step: number; written: StepRecords; keys: RolloutKeys },
): Promise<string[]> {
  const [before] = await tx.select().from(jobRecords).where(eq(jobRecords.job_id, job.id));
  const [records] = before ? [before] : await tx.insert(jobRecords).values({
    ...{ job_id: job.id, step, rollouts_from: step, tokens_from: step },
  }).returning();
  const { id } = records!;
  await tx.insert(recordSteps).values({ records_id: id, step, ...written });
  const rows = Array.from(keys.score, (score, row) => ({
    ...{ records_id: id, step, row, score: Number.isNaN(score) ? null : score },
    prompt_idx: keys.prompt_idx[row]!,
    sample_idx: keys.sample_idx[row]!,
    completion_tokens: keys.completion_tokens[row]!,
  }));
  for (let at = 0; at < rows.length; at += PART) await tx.insert(rollouts).values(rows.slice(at, at + PART));
  const bytes = records!.bytes + written.rollouts_bytes + (written.tokens_bytes ?? 0);
  const { files, ...kept } = await retain(tx, { ...records!, step, bytes }, dataDir, job);
  await tx.update(jobRecords).set({ step, ...kept }).where(eq(jobRecords.id, id));
  return files;
}

/** Files of a step that a resumed job has written again although they were removed before. */
export async function writtenInVain(
  tx: Transaction,
  dataDir: string,
  jobId: string,
  step: number,
): Promise<string[]> {
  const [records] = await tx.select().from(jobRecords).where(eq(jobRecords.job_id, jobId));
  if (!records) return [];
  const { rollouts_from, tokens_from } = records;
  const folder = recordsFolder(dataDir, jobId);
  const removed = { rollouts: step < rollouts_from, tokens: step < tokens_from };
  return RECORD_PARTS.filter((part) => removed[part]).map((part) => join(folder, recordFile(step, part)));
}

/** Removes rows of records that the job does not want any more, and says which files go with them. */
async function retain(
  tx: Transaction,
  { id, step, rollouts_from, tokens_from, bytes }: JobRecordsRow,
  dataDir: string,
  job: JobRow,
): Promise<{ files: string[]; rollouts_from: number; tokens_from: number; bytes: number }> {
  const wanted = recordsOf(job.config);
  const { steps_per_epoch } = job.plan;
  const epoch = Math.ceil(step / steps_per_epoch);
  const firstOf = (last: number) => (epoch - last) * steps_per_epoch + 1;
  const firstRollouts = typeof wanted.rollouts === "object" ? firstOf(wanted.rollouts.last_epochs) : 1;
  const firstTokens = Math.max(
    firstRollouts,
    typeof wanted.tokens === "object" ? firstOf(wanted.tokens.last_epochs) : 1,
  );
  const folder = recordsFolder(dataDir, job.id);
  const files: string[] = [];
  // The newest step stays, whatever its size.
  const older = (from: number) =>
    tx.select().from(recordSteps)
      .where(and(eq(recordSteps.records_id, id), gte(recordSteps.step, from), lt(recordSteps.step, step)))
      .orderBy(asc(recordSteps.step)).limit(MAX_REMOVED);

  const tokens = { from: wanted.tokens === false ? step : tokens_from };
  for (const row of await older(tokens.from)) {
    if (row.step >= firstTokens && bytes <= wanted.max_bytes) break;
    tokens.from = row.step + 1;
    if (row.tokens_bytes === null) continue;
    bytes -= row.tokens_bytes;
    files.push(join(folder, recordFile(row.step, "tokens")));
  }
  const rows = { from: rollouts_from };
  const mayGo = (at: number) => at < firstRollouts || (bytes > wanted.max_bytes && tokens.from >= step);
  for (const row of mayGo(rollouts_from) ? await older(rollouts_from) : []) {
    if (!mayGo(row.step) || row.step >= tokens.from) break;
    rows.from = row.step + 1;
    bytes -= row.rollouts_bytes;
    files.push(join(folder, recordFile(row.step, "rollouts")));
  }
  await removeRows(tx, id, { tokens: [tokens_from, tokens.from], rollouts: [rollouts_from, rows.from] });
  return { files, rollouts_from: rows.from, tokens_from: tokens.from, bytes };
}

/** From a step to before another. */
type Steps = readonly [from: number, to: number];

async function removeRows(
  tx: Transaction,
  id: number,
  removed: { tokens: Steps; rollouts: Steps },
): Promise<void> {
  const of = (table: typeof recordSteps | typeof rollouts, [from, to]: Steps) =>
    and(eq(table.records_id, id), gte(table.step, from), lt(table.step, to));
  if (removed.tokens[0] < removed.tokens[1]) {
    await tx.update(recordSteps).set({ tokens_bytes: null }).where(of(recordSteps, removed.tokens));
  }
  if (removed.rollouts[0] < removed.rollouts[1]) {
    await tx.delete(rollouts).where(of(rollouts, removed.rollouts));
    await tx.delete(recordSteps).where(of(recordSteps, removed.rollouts));
  }
}
