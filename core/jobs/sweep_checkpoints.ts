/** What a cut-off attempt has left of checkpoints is removed: every folder that is there has a row, and is whole. */
import { eq } from "drizzle-orm";
import { join } from "node:path";
import type { Database } from "../db/open_database.ts";
import { checkpoints } from "../db/schema.ts";
import { removeTrainingState } from "../formats/remove_training_state.ts";

/**
 * Removes checkpoint folders of a job that were never recorded, and training state that is not to be kept. Only while the
 * job has no engine: one that runs records its checkpoint after it has written it.
 */
export async function sweepCheckpoints(db: Database, dataDir: string, jobId: string): Promise<void> {
  const rows = await db.read.select({ folder: checkpoints.folder, resumable: checkpoints.resumable })
    .from(checkpoints).where(eq(checkpoints.job_id, jobId));
  const recorded = new Set(rows.map(({ folder }) => join(dataDir, folder)));
  const job = join(dataDir, "jobs", jobId);
  for (const attempt of await foldersIn(job)) {
    for (const folder of await foldersIn(attempt)) {
      if (!recorded.has(folder)) await Deno.remove(folder, { recursive: true });
    }
    // An attempt without checkpoints leaves nothing; its folder stays if there is anything in it.
    await Deno.remove(attempt).catch(() => {});
  }
  for (const { folder, resumable } of rows) {
    if (!resumable) await removeTrainingState(join(dataDir, folder));
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => join(folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
