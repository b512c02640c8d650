/** The rows of jobs: written with a job, read by pages for people and as a whole for its engine. */
import { and, eq, gt, sql } from "drizzle-orm";
import { naming } from "../db/damaged_data.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import { type Page, page } from "../db/page.ts";
import { byColumn, readableRows } from "../db/readable_rows.ts";
import { type JobRow, jobRows } from "../db/schema.ts";
import { jobRecord } from "./job_queries.ts";

/** Rows that are read at once: whoever else waits has a turn in between. */
const PART = 1000;

/** Adds the rows of a new job, in one statement however many there are. */
export async function insertRows(tx: Transaction, jobId: string, rows: readonly unknown[]): Promise<void> {
  // A text each, which is stored as it is.
  const texts = JSON.stringify(rows.map((row) => JSON.stringify(row)));
  await tx.insert(jobRows).select(
    sql`select ${jobId} as job_id, key as number, value as row from json_each(${texts})`,
  );
}

/** In their order, without those that are damaged; `after` is a number of one. */
export async function listRows(
  db: Database,
  jobId: string,
  { limit, after }: { limit: number; after: number },
): Promise<Page<typeof jobRows.$inferSelect>> {
  const rows = await readableRows(db, jobRows, {
    record: `${jobRecord(jobId)}'s row`,
    where: and(eq(jobRows.job_id, jobId), gt(jobRows.number, after)),
    number: byColumn(jobRows.number),
    limit: limit + 1,
  });
  return page(rows, limit);
}

/** All rows of a job; none where a dataset has them. @throws UserError `damaged_data` when one cannot be read, or is not there. */
export async function allRows(
  db: Database,
  { id, row_count, config }: Pick<JobRow, "id" | "row_count" | "config">,
): Promise<unknown[]> {
  if (config.dataset) return [];
  const record = `${jobRecord(id)}'s list of rows`;
  const rows: unknown[] = [];
  for (let part = PART; part === PART;) {
    const read = db.read.select({ row: jobRows.row }).from(jobRows)
      .where(and(eq(jobRows.job_id, id), gt(jobRows.number, rows.length - 1)))
      .orderBy(jobRows.number).limit(PART);
    const found = await naming(db, record, read.execute());
    for (const { row } of found) rows.push(row);
    part = found.length;
  }
  if (rows.length === row_count && row_count > 0) return rows;
  throw db.damaged(record, new Error(`Expected ${row_count} rows, got ${rows.length}`));
}
