/** The time of what happens to a job, which never runs backwards, whatever is done to the clock. */
import { eq, sql } from "drizzle-orm";
import type { Transaction } from "../db/open_database.ts";
import { events, jobs } from "../db/schema.ts";

/** Now, or the last moment that is written of the job if the clock was set back behind that. */
export async function jobTime(tx: Transaction, jobId: string): Promise<Date> {
  const lastEvent = tx.select({ at: events.created_at }).from(events).where(eq(events.job_id, jobId))
    .orderBy(sql`${events.seq} desc`).limit(1);
  const last = (time: unknown) => sql`coalesce(${time}, 0)`;
  const [row] = await tx.select({
    ms: sql<number>`max(${Date.now()}, ${last(jobs.created_at)}, ${last(jobs.started_at)}, ${
      last(jobs.finished_at)
    }, ${last(lastEvent)})`,
  }).from(jobs).where(eq(jobs.id, jobId));
  // Text is greater than any number: some time of a damaged row.
  return new Date(typeof row?.ms === "number" ? row.ms : Date.now());
}
