/** What a cut-off attempt has left of records is removed, and what could not be removed when it was too old. */
import { eq } from "drizzle-orm";
import { join } from "node:path";
import type { Database } from "../db/open_database.ts";
import { jobRecords } from "../db/schema.ts";
import { TEMPORARY_PREFIX } from "../formats/atomic_file.ts";
import { parseRecordFile, recordsFolder } from "../formats/record_files.ts";

/** Removes files of records that no row is of. Only while the job has no engine, which writes files before their rows. */
export async function sweepRecords(db: Database, dataDir: string, jobId: string): Promise<void> {
  const [records] = await db.read.select().from(jobRecords).where(eq(jobRecords.job_id, jobId));
  const { step: last = 0, rollouts_from = 1, tokens_from = 1 } = records ?? {};
  const from = { rollouts: rollouts_from, tokens: tokens_from };
  const folder = recordsFolder(dataDir, jobId);
  for (const name of await namesIn(folder)) {
    const file = parseRecordFile(name);
    const stays = file
      ? file.step <= last && file.step >= from[file.part]
      : !name.startsWith(TEMPORARY_PREFIX);
    if (!stays) await Deno.remove(join(folder, name));
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter(({ isFile }) => isFile).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
