/**
 * Takes the next job of the queue. Owners of API keys take turns: whoever has fewest jobs running comes first, then whose
 * last claim was longest ago; among an owner's jobs, and where there are no keys, the oldest.
 */
import { and, eq, gt, inArray, isNotNull, isNull, lte, notInArray, or, sql } from "drizzle-orm";
import { isDamage } from "../db/damaged_data.ts";
import type { Database, Reader, Transaction } from "../db/open_database.ts";
import { type JobRow, jobs, rowNumber } from "../db/schema.ts";
import type { Attempt } from "../contract/job_answers.ts";
import { hasEngine, JOB_STATUSES } from "../contract/job_states.ts";
import { endDamagedJob } from "./end_damaged_job.ts";
import { LEASE_MS, leaseOf } from "./job_lease.ts";
import { jobTime } from "./job_time.ts";
import { longestDelay_ms } from "./retry_delay.ts";

/** How many of its attempts a job's row keeps. */
const ATTEMPTS_KEPT = 50;

export interface ClaimOptions {
  /** Rows that are left alone, and to which those are added that could not be read. */
  unreadable?: Set<number>;
  /** Ids of jobs whose turn has not come again. */
  passedOver?: string[];
  /** How long the job is this server's. */
  lease_ms?: number;
}

/**
 * Takes the job whose turn it is; null when none waits. One transaction, so no job is taken twice. A job that cannot be
 * read is ended and the next one taken.
 */
export async function claimJob(
  db: Database,
  { unreadable = new Set(), passedOver = [], lease_ms = LEASE_MS }: ClaimOptions = {},
): Promise<JobRow | null> {
  for (;;) {
    let number: number | null = null;
    try {
      return await db.write(async (tx) => {
        number = await nextNumber(tx, [...unreadable], passedOver);
        return number === null ? null : await claim(tx, number, leaseOf(db.owner, lease_ms));
      });
    } catch (error) {
      if (number === null || !isDamage(error)) throw error;
      unreadable.add(number);
      await endDamagedJob(db, eq(rowNumber(jobs), number), `The training job in row ${number}`, error);
    }
  }
}

/** When a clock was set back, what was to be tried at a time long after now is tried at once. */
function isDue(now: number) {
  return or(
    isNull(jobs.retry_at),
    lte(jobs.retry_at, new Date(now)),
    gt(jobs.retry_at, new Date(now + longestDelay_ms)),
  );
}

/** Whether any job is queued. */
export async function isQueued(read: Reader): Promise<boolean> {
  const rows = await read.select({ one: sql<number>`1` }).from(jobs).where(eq(jobs.status, "queued")).limit(
    1,
  );
  return rows.length > 0;
}

/** Milliseconds until the next queued job is to be tried again; null when none waits for that. */
export async function nextRetry_ms(read: Reader): Promise<number | null> {
  const [row] = await read.select({ at: sql<number | null>`min(${jobs.retry_at})` }).from(jobs)
    .where(and(eq(jobs.status, "queued"), isNotNull(jobs.retry_at)));
  return typeof row?.at === "number" ? Math.max(0, row.at - Date.now()) : null;
}

async function nextNumber(
  tx: Transaction,
  unreadable: number[],
  passedOver: string[],
): Promise<number | null> {
  const owner = sql<string | null>`${jobs.owner}`;
  const first = await tx.select({ owner, number: sql<number>`min(${rowNumber(jobs)})` }).from(jobs)
    .where(and(
      eq(jobs.status, "queued"),
      isDue(Date.now()),
      notInArray(rowNumber(jobs), unreadable),
      notInArray(jobs.id, passedOver),
    )).groupBy(owner);
  if (first.length <= 1) return first[0]?.number ?? null;
  const running = new Map(
    (await tx.select({ owner, count: sql<number>`count(*)` }).from(jobs)
      .where(inArray(jobs.status, JOB_STATUSES.filter(hasEngine))).groupBy(owner))
      .map(({ owner, count }) => [owner, count]),
  );
  const claims = new Map(
    (await tx.select({ owner, last: sql<number>`max(${jobs.claim_number})` }).from(jobs).groupBy(owner))
      .map(({ owner, last }) => [owner, last]),
  );
  first.sort((a, b) =>
    (running.get(a.owner) ?? 0) - (running.get(b.owner) ?? 0) ||
    (claims.get(a.owner) ?? 0) - (claims.get(b.owner) ?? 0) ||
    a.number - b.number
  );
  return first[0]!.number;
}

async function claim(
  tx: Transaction,
  number: number,
  lease: ReturnType<typeof leaseOf>,
): Promise<JobRow> {
  const [before] = await tx.select().from(jobs).where(eq(rowNumber(jobs), number)) as [JobRow];
  const now = await jobTime(tx, before.id);
  const attempt = before.attempt + 1;
  const record: Attempt = { attempt, started_at: now.toISOString(), ended_at: null, error: null };
  const [job] = await tx.update(jobs).set({
    status: "running",
    attempt,
    attempts: [...before.attempts, record].slice(-ATTEMPTS_KEPT),
    claim_number: sql`(select max(${jobs.claim_number}) from ${jobs}) + 1`,
    started_at: before.started_at ?? now,
    ...{ status_reason: null, retry_at: null, engine: null, ...lease },
  }).where(eq(jobs.id, before.id)).returning();
  return job!;
}
