/** Moves a job along the table of states (`core/contract/job_states.ts`), and nowhere else. */
import { and, eq, inArray } from "drizzle-orm";
import type { Transaction } from "../db/open_database.ts";
import { type JobRow, jobs } from "../db/schema.ts";
import { hasEngine, isFinal, type JobStatus, statesBefore } from "../contract/job_states.ts";
import { jobTime } from "./job_time.ts";

/** Columns of a job that waits for no try and has nothing in its way. */
const NOTHING_IN_THE_WAY = { retry_at: null, status_reason: null };

/**
 * Moves a job to `to` if the table allows it from where the job is; null otherwise. What it waited for or was paused for
 * is forgotten, unless `set` says it anew.
 */
export async function moveJob(
  tx: Transaction,
  id: string,
  to: JobStatus,
  set: Partial<typeof jobs.$inferInsert> = {},
): Promise<JobRow | null> {
  const [job] = await tx.update(jobs).set({
    ...NOTHING_IN_THE_WAY,
    ...set,
    status: to,
    ...(isFinal(to) && { finished_at: await jobTime(tx, id) }),
    ...(!hasEngine(to) && { lease_owner: null, lease_until: null }),
  })
    .where(and(eq(jobs.id, id), inArray(jobs.status, statesBefore(to)))).returning();
  return job ?? null;
}
