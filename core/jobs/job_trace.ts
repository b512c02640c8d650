/** The trace that a job's engine goes on with: that of the request which created the job. */
import { eq } from "drizzle-orm";
import type { Database } from "../db/open_database.ts";
import { jobs } from "../db/schema.ts";
import type { Fields } from "../log.ts";

/** @param fields of the engine's logger, which say whose it is */
export async function jobTrace(
  db: Database,
  { job_id, attempt }: Fields,
): Promise<{ parent?: string; attributes: Record<string, string | number> }> {
  if (typeof job_id !== "string") return { attributes: {} };
  const [row] = await db.read.select({ parent: jobs.traceparent }).from(jobs).where(eq(jobs.id, job_id));
  return {
    parent: row?.parent ?? undefined,
    attributes: { "proximal.job_id": job_id, "proximal.attempt": Number(attempt) || 0 },
  };
}
