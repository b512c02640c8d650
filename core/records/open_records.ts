/** A job's records as routes ask for them: whether there are any, and how much of them was removed. */
import type { Database } from "../db/open_database.ts";
import type { JobRow } from "../db/schema.ts";
import { UserError } from "../errors.ts";
import { type RecordPart, recordsFolder } from "../formats/record_files.ts";
import { findRecords } from "./find_rollouts.ts";
import type { RecordSource } from "./read_records.ts";
import { recordsOf } from "./records_of.ts";

/**
 * The records of a job; null before the first.
 *
 * @throws UserError `not_found` where the job's kind has none, or the job keeps none.
 */
export async function openRecords(
  db: Database,
  dataDir: string,
  job: JobRow,
  part: RecordPart,
): Promise<RecordSource | null> {
  if (job.kind !== "ppo") {
    throw new UserError("not_found", `A job of kind ${job.kind} has no ${part} to keep: only ppo has`);
  }
  const { rollouts, tokens } = recordsOf(job.config);
  if (rollouts === "none") {
    throw new UserError("not_found", "The job keeps no rollouts: its records.rollouts is none");
  }
  if (part === "tokens" && tokens === false) {
    throw new UserError("not_found", "The job keeps no records of tokens: its records.tokens is false");
  }
  const records = await findRecords(db, job.id);
  return records && { db, job, records, folder: recordsFolder(dataDir, job.id) };
}

/** The first step of which a part was not removed, where some was; else null. */
export function removedBefore(source: RecordSource | null, part: RecordPart): number | null {
  if (!source) return null;
  const from = source.records[`${part}_from`];
  return from > 1 ? from : null;
}
