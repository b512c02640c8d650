/** Removes one checkpoint of a job that is over: its row, its files and its exports. What the job told of it stays. */
import { eq } from "drizzle-orm";
import { join } from "node:path";
import type { Database } from "../db/open_database.ts";
import { type CheckpointRow, checkpoints, jobs } from "../db/schema.ts";
import { isFinal } from "../contract/job_states.ts";
import { UserError } from "../errors.ts";
import { checkpointsInUse } from "./checkpoints_in_use.ts";
import { getJob } from "./job_queries.ts";

/**
 * @throws UserError `wrong_state` while its job is not over, which may go on from it, or while another one needs it
 */
export async function deleteCheckpoint(
  db: Database,
  dataDir: string,
  { id, job_id, folder }: CheckpointRow,
): Promise<void> {
  const { status } = await getJob(db, job_id);
  if (!isFinal(status)) {
    throw new UserError(
      "wrong_state",
      `Cannot delete the checkpoint '${id}' as its job '${job_id}' is ${status}: cancel it first`,
    );
  }
  await db.write(async (tx) => {
    const job = (await checkpointsInUse(tx, job_id)).get(id);
    if (job !== undefined) {
      throw new UserError(
        "wrong_state",
        `Cannot delete the checkpoint '${id}' as the job '${job}', which is not over, needs it`,
      );
    }
    await tx.delete(checkpoints).where(eq(checkpoints.id, id));
    for (const column of ["checkpoint", "best_checkpoint"] as const) {
      await tx.update(jobs).set({ [column]: null }).where(eq(jobs[column], id));
    }
  });
  // Without a row it is nobody's: what stays after a crash goes when the job is deleted.
  await Deno.remove(join(dataDir, folder), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
