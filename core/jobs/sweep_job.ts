/** What a cut-off attempt of a job has left is removed. */
import type { Database } from "../db/open_database.ts";
import { sweepRecords } from "../records/sweep_records.ts";
import { sweepCheckpoints } from "./sweep_checkpoints.ts";

/** Removes files of the job that have no rows. Only while it has no engine. */
export async function sweepJob(db: Database, dataDir: string, jobId: string): Promise<void> {
  await sweepRecords(db, dataDir, jobId);
  await sweepCheckpoints(db, dataDir, jobId);
}
