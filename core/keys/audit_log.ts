/** What was changed on a server and by whom, as rows of which the oldest go. */
import { and, eq, gte, lt } from "drizzle-orm";
import { newId } from "../db/new_id.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import { readableRows } from "../db/readable_rows.ts";
import { auditLog, type AuditRow, rowNumber } from "../db/schema.ts";
import { invalid } from "../errors.ts";

/** How long a record is kept, and how many are. */
export const AUDIT_DAYS = 90;
export const MAX_AUDIT_ROWS = 100_000;
/** The oldest are looked for once in so many writes. */
const SWEEP_EVERY = 100;

let writes = 0;

/** Adds a record in the caller's transaction, and takes away those out of bounds now and then. */
export async function recordAudit(
  tx: Transaction,
  record: Omit<AuditRow, "id">,
  bounds = { days: AUDIT_DAYS, rows: MAX_AUDIT_ROWS },
): Promise<void> {
  const [row] = await tx.insert(auditLog).values({ id: newId("audit"), ...record })
    .returning({ number: rowNumber(auditLog) });
  if (writes++ % SWEEP_EVERY > 0) return;
  await tx.delete(auditLog).where(lt(rowNumber(auditLog), row!.number - bounds.rows + 1));
  await tx.delete(auditLog).where(lt(auditLog.at, new Date(record.at.getTime() - bounds.days * 86_400_000)));
}

export interface AuditFilter {
  key_id?: string;
  resource?: string;
  created_after?: Date;
  created_before?: Date;
  limit: number;
  /** Id of the last record of the page before. */
  after?: string;
}

/** The latest first. @throws UserError when `after` is no record's id */
export async function listAudit(
  db: Database,
  { key_id, resource, created_after, created_before, limit, after }: AuditFilter,
): Promise<{ rows: AuditRow[]; has_more: boolean }> {
  const [last] = after === undefined
    ? []
    : await db.read.select({ number: rowNumber(auditLog) }).from(auditLog).where(eq(auditLog.id, after));
  if (after !== undefined && !last) throw invalid("after", `Nothing has the id '${after}'`);
  const rows = await readableRows(db, auditLog, {
    record: "The audit log's row",
    where: and(
      key_id === undefined ? undefined : eq(auditLog.key_id, key_id),
      resource === undefined ? undefined : eq(auditLog.resource, resource),
      created_after && gte(auditLog.at, created_after),
      created_before && lt(auditLog.at, created_before),
      last && lt(rowNumber(auditLog), last.number),
    ),
    number: rowNumber(auditLog),
    newestFirst: true,
    limit: limit + 1,
  });
  return { rows: rows.slice(0, limit), has_more: rows.length > limit };
}
