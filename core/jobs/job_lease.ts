/**
 * Whose a running job is, where several servers share a database. The server that claims it has it for a while and says
 * again and again that it goes on; one that does not is taken for dead, and another goes on from the last checkpoint. Who
 * writes of an attempt must have the job, and the attempt must be its last, in the same transaction: what a server writes
 * that was stopped, or cut off, and comes back, is refused. Time is the database's.
 */
import { and, eq, inArray, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import { hasEngine, JOB_STATUSES } from "../contract/job_states.ts";
import { clock } from "../db/clock.ts";
import type { Database } from "../db/open_database.ts";
import { type JobRow, jobs } from "../db/schema.ts";

/** How long a job is a server's that says nothing. */
export const LEASE_MS = 30_000;

/** The job is another server's by now, or nobody's. */
export class LeaseLost extends Error {
  override name = "LeaseLost";

  constructor() {
    super("The job is another server's");
  }
}

/** The columns of a job that `owner` has from now on. */
export function leaseOf(owner: string, lease_ms: number) {
  return { lease_owner: owner, lease_until: sql<number>`${clock} + ${lease_ms}` };
}

/** Whether the row is of this attempt, and this server's. Rows of before there were leases are anybody's. */
export function isHeld(
  { attempt, lease_owner }: Pick<JobRow, "attempt" | "lease_owner">,
  owner: string,
  ofAttempt: number,
): boolean {
  return attempt === ofAttempt && (lease_owner === null || lease_owner === owner);
}

/** The same as a condition. */
export function held(owner: string, ofAttempt: number): SQL | undefined {
  return and(eq(jobs.attempt, ofAttempt), or(isNull(jobs.lease_owner), eq(jobs.lease_owner, owner)));
}

/** Whether the server that had it is taken for dead. */
export function expired(): SQL | undefined {
  return or(isNull(jobs.lease_until), lte(jobs.lease_until, clock));
}

const withEngine = () => inArray(jobs.status, JOB_STATUSES.filter(hasEngine));

/** Says that this server goes on with its jobs; gives those that it still has. */
export async function renewLeases(
  db: Database,
  lease_ms: number,
  patience_ms: number,
): Promise<{ id: string; attempt: number }[]> {
  return await db.write(
    (tx) =>
      tx.update(jobs).set(leaseOf(db.owner, lease_ms)).where(
        and(eq(jobs.lease_owner, db.owner), withEngine()),
      )
        .returning({ id: jobs.id, attempt: jobs.attempt }),
    { patience_ms },
  );
}

/** What others have asked of this server's jobs. */
export async function askedOf(db: Database): Promise<Pick<JobRow, "id" | "status">[]> {
  return await db.read.select({ id: jobs.id, status: jobs.status }).from(jobs).where(
    and(inArray(jobs.status, ["cancelling", "pausing"]), eq(jobs.lease_owner, db.owner)),
  );
}
