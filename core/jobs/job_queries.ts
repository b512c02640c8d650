/**
 * Reads of jobs and what belongs to them: one indexed query each. A record that is damaged fails who asks for it; lists
 * leave it out.
 */
import { and, eq, gt, gte, inArray, lt, ne, type SQL, sql } from "drizzle-orm";
import { naming } from "../db/damaged_data.ts";
import type { Database } from "../db/open_database.ts";
import {
  type CheckpointRow,
  checkpoints,
  type EventRow,
  events,
  type JobRow,
  jobs,
  metrics,
  type MetricsRow,
  rowNumber,
} from "../db/schema.ts";
import { type Page, page } from "../db/page.ts";
import { byColumn, readableRows } from "../db/readable_rows.ts";
import { invalid, UserError } from "../errors.ts";
import { JOB_KINDS } from "../contract/training_job.ts";
import type { JobEventType } from "../contract/job_events.ts";
import type { JobStatus } from "../contract/job_states.ts";

function unknownJob(id: string): UserError {
  return new UserError("not_found", `No training job '${id}'`);
}

/** How a job is called where it is damaged. */
export function jobRecord(id: string): string {
  return `The training job '${id}'`;
}

/** @throws UserError `not_found`, or `damaged_data`. */
export async function getJob(db: Database, id: string): Promise<JobRow> {
  const read = db.read.select().from(jobs).where(eq(jobs.id, id));
  const [row] = await naming(db, jobRecord(id), read.execute());
  if (!row) throw unknownJob(id);
  return row;
}

/** The place of a list's item in its list. @throws UserError when there is none of that id. */
async function numberOf(db: Database, table: typeof jobs | typeof checkpoints, id: string): Promise<number> {
  const [row] = await db.read.select({ number: rowNumber(table) }).from(table).where(eq(table.id, id));
  if (!row) throw invalid("after", `Nothing has the id '${id}'`);
  return row.number;
}

/** What a list of jobs is narrowed by; all of it must hold. */
export interface JobFilter {
  status?: JobStatus;
  kind?: JobRow["kind"];
  model?: string;
  /** Texts that their metadata have. */
  metadata?: readonly (readonly [key: string, value: string])[];
  created_after?: Date;
  created_before?: Date;
}

function hasMetadata(key: string, value: string): SQL {
  const readable = sql`case when json_valid(${jobs.metadata}) then ${jobs.metadata} else '{}' end`;
  return sql`exists (select 1 from json_each(${readable}) as pair where pair.key = ${key} and pair.value = ${value})`;
}

/**
 * Newest first; `after` is the last id of the page before.
 *
 * @throws UserError when there is no job of that id.
 */
export async function listJobs(
  db: Database,
  options: JobFilter & { limit: number; after?: string },
): Promise<Page<JobRow>> {
  const { status, kind, model, metadata = [], created_after, created_before, after } = options;
  const indexed = [
    status && eq(jobs.status, status),
    kind && eq(jobs.kind, kind),
    after && lt(rowNumber(jobs), await numberOf(db, jobs, after)),
  ].filter((part) => typeof part === "object");
  const where = [
    ...indexed,
    ...metadata.map(([key, value]) => hasMetadata(key, value)),
    model === undefined ? undefined : eq(jobs.model, model),
    created_after && gte(jobs.created_at, created_after),
    created_before && lt(jobs.created_at, created_before),
  ];
  const rows = await readableRows(db, jobs, {
    record: "The training job in row",
    where: and(...where),
    // All jobs have a kind, and it has an index.
    indexed: and(...indexed, inArray(jobs.kind, kind ? [kind] : JOB_KINDS)),
    number: rowNumber(jobs),
    newestFirst: true,
    limit: options.limit + 1,
  });
  return page(rows, options.limit);
}

/** Oldest first; `after` is a step. */
export async function listMetrics(
  db: Database,
  jobId: string,
  options: { scope: MetricsRow["scope"]; limit: number; after: number },
): Promise<Page<MetricsRow>> {
  const rows = await readableRows(db, metrics, {
    record: `${jobRecord(jobId)}'s metrics of ${options.scope}`,
    where: and(eq(metrics.job_id, jobId), eq(metrics.scope, options.scope), gt(metrics.step, options.after)),
    number: byColumn(metrics.step),
    limit: options.limit + 1,
  });
  return page(rows, options.limit);
}

/** The names of all metrics that a job has, sorted. */
export async function metricNames(
  db: Database,
  jobId: string,
  scope: MetricsRow["scope"],
): Promise<string[]> {
  const name = sql<string>`name.key`;
  const readable = sql`case when json_valid(${metrics.metrics}) then ${metrics.metrics} else '{}' end`;
  const rows = await db.read.selectDistinct({ name }).from(metrics)
    .innerJoin(sql`json_each(${readable}) as name`, sql`true`)
    .where(and(eq(metrics.job_id, jobId), eq(metrics.scope, scope))).orderBy(name);
  return rows.map((row) => row.name);
}

/**
 * A job's events after the one with sequence number `afterSeq` (0: from the beginning), oldest first; or newest first, and
 * then those before it. Of one type, or of all.
 */
export async function listEvents(
  db: Database,
  jobId: string,
  options: { limit: number; afterSeq: number; type?: JobEventType; newestFirst?: boolean },
): Promise<Page<EventRow>> {
  const { afterSeq, type, newestFirst = false } = options;
  const place = newestFirst && afterSeq > 0 ? lt(events.seq, afterSeq) : gt(events.seq, afterSeq);
  const rows = await readableRows(db, events, {
    record: "The event",
    where: and(eq(events.job_id, jobId), place, type && eq(events.type, type)),
    number: byColumn(events.seq),
    newestFirst,
    limit: options.limit + 1,
  });
  return page(rows, options.limit);
}

/**
 * The sequence number of a job's event; 0 without an id.
 *
 * @param path The parameter that holds the id, for the error.
 * @throws UserError when the job has no such event.
 */
export async function eventSeq(
  db: Database,
  jobId: string,
  id: string | undefined,
  path: string,
): Promise<number> {
  if (id === undefined) return 0;
  const [row] = await db.read.select({ seq: events.seq }).from(events)
    .where(and(eq(events.id, id), eq(events.job_id, jobId)));
  if (!row) throw invalid(path, `The job has no event '${id}'`);
  return row.seq;
}

/** Checkpoints that only resume their job are for nobody else. */
export const HAS_FILES = ne(checkpoints.files, []);

/** Oldest first, or newest; `after` is the last id of the page before. */
export async function listCheckpoints(
  db: Database,
  jobId: string,
  { newestFirst = false, ...options }: { limit: number; after?: string; newestFirst?: boolean },
): Promise<Page<CheckpointRow>> {
  const after = options.after === undefined ? undefined : await numberOf(db, checkpoints, options.after);
  const behind = after === undefined ? undefined : (newestFirst ? lt : gt)(rowNumber(checkpoints), after);
  const rows = await readableRows(db, checkpoints, {
    record: "The checkpoint in row",
    where: and(eq(checkpoints.job_id, jobId), behind, HAS_FILES),
    number: rowNumber(checkpoints),
    newestFirst,
    limit: options.limit + 1,
  });
  return page(rows, options.limit);
}

/** The row of a checkpoint, or null. */
export async function findCheckpoint(db: Database, id: string): Promise<CheckpointRow | null> {
  const read = db.read.select().from(checkpoints).where(and(eq(checkpoints.id, id), HAS_FILES));
  const [row] = await naming(db, `The checkpoint '${id}'`, read.execute());
  return row ?? null;
}
