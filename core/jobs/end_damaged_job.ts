/** Ends a job whose row cannot be read. */
import { eq, type SQL } from "drizzle-orm";
import { isDamage } from "../db/damaged_data.ts";
import { newId } from "../db/new_id.ts";
import type { Database } from "../db/open_database.ts";
import { events, type JobRow, jobs } from "../db/schema.ts";
import { jobTime } from "./job_time.ts";

/** Ends a job that cannot be read, if that at least can be written. No webhook tells of it: its URL cannot be read. */
export async function endDamagedJob(db: Database, which: SQL, record: string, error: unknown): Promise<void> {
  const { code, message: detail } = db.damaged(record, error);
  try {
    await db.write(async (tx) => {
      const [{ id }] = await tx.select({ id: jobs.id }).from(jobs).where(which) as [JobRow];
      const now = await jobTime(tx, id);
      const error = { code, detail };
      await tx.update(jobs).set({ status: "failed", error, finished_at: now }).where(eq(jobs.id, id));
      const type = "training_job.failed";
      await tx.insert(events).values({
        id: newId("event"),
        job_id: id,
        type,
        data: { error },
        created_at: now,
      });
    });
  } catch (unwritable) {
    if (!isDamage(unwritable)) throw unwritable;
  }
}
