/**
 * The outbox as the deliverer reads and writes it. Every query finds its rows by an index and is bounded, so none takes
 * longer the more deliveries wait.
 */
import {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  inArray,
  isNull,
  lt,
  lte,
  max,
  min,
  ne,
  type SQL,
  sql,
} from "drizzle-orm";
import { isDamage } from "../db/damaged_data.ts";
import type { Database, Reader, Transaction } from "../db/open_database.ts";
import {
  type DeliveryRow,
  jobs,
  webhookDeliveries as deliveries,
  webhookEndpoints as endpoints,
} from "../db/schema.ts";
import { TEST_TYPE } from "./test_event.ts";

/** Rows that one statement reads or changes. */
const BATCH = 500;

/** How long what has ended stays in the log, and how much of it. */
export const LOG_BOUNDS = { days: 30, rows: 100_000 };

/** How long deliveries are kept for an endpoint that is disabled. */
export const KEPT_DAYS = 3;

const DAY_MS = 86_400_000;

/** A destination with something to send, as it is found. */
export interface Waiting {
  destination: string;
  /** Empty where it cannot be read. */
  url: string;
  attempts: number;
  /** ms. */
  next_attempt_at: number;
  last_status: number | null;
}

type Values = readonly unknown[];

/** Whether it waits for this destination. */
const pendingOf = (destination: string) =>
  and(eq(deliveries.status, "pending"), eq(deliveries.destination, destination));

/** The number of the last delivery that was written. */
export async function lastId(read: Reader): Promise<number> {
  const [row] = await read.select({ id: max(deliveries.id) }).from(deliveries);
  return row?.id ?? 0;
}

/** How many deliveries wait, and since when the oldest does. */
export async function pendingSummary(read: Reader): Promise<{ count: number; oldest: Date | null }> {
  const [pending] = await read.select({ count: count(), id: min(deliveries.id) }).from(deliveries)
    .where(eq(deliveries.status, "pending"));
  // The time is not in the index, and behind each row's body.
  const [oldest] = await read.select({ at: deliveries.created_at }).from(deliveries)
    .where(eq(deliveries.id, pending?.id ?? 0));
  return { count: pending?.count ?? 0, oldest: oldest?.at ?? null };
}

/** The SQL of `pendingDestinations`: one look into the index a destination. */
export function pendingDestinationsSql(after: string, limit: number): SQL {
  const next = (from: SQL) =>
    sql`select min(destination) from ${deliveries} where status = 'pending' and destination > ${from}`;
  return sql`with recursive found(destination) as (
      select (${next(sql`${after}`)})
      union all select (${next(sql`found.destination`)}) from found where found.destination is not null
    ) select destination from found where destination is not null limit ${limit}`;
}

/** Destinations that something waits for, in the order of their names. */
export async function pendingDestinations(read: Reader, after: string, limit = BATCH): Promise<string[]> {
  const rows = await read.values<[unknown]>(pendingDestinationsSql(after, limit));
  return rows.map(([destination]) => String(destination));
}

/** The SQL of `describeWaiting`. */
export function describeWaitingSql(destinations: readonly string[]): SQL {
  return sql`select wanted.value, coalesce(job.webhook_url, endpoint.url), head.attempts, head.next_attempt_at,
      head.last_status
    from json_each(${JSON.stringify(destinations)}) as wanted
    join ${deliveries} as head on head.id = (
      select id from ${deliveries} where status = 'pending' and destination = wanted.value order by id limit 1
    )
    left join ${jobs} as job on job.id = wanted.value
    left join ${endpoints} as endpoint on endpoint.id = wanted.value`;
}

/** What the deliverer has to know of destinations before their turn; of what cannot be read, the name alone. */
export async function describeWaiting(read: Reader, destinations: readonly string[]): Promise<Waiting[]> {
  try {
    const rows = await read.values<Values[number][]>(describeWaitingSql(destinations));
    return rows.map(([destination, url, attempts, at, last_status]) => ({
      destination: String(destination),
      url: typeof url === "string" ? url : "",
      attempts: typeof attempts === "number" ? attempts : 0,
      next_attempt_at: typeof at === "number" ? at : 0,
      last_status: typeof last_status === "number" ? last_status : null,
    }));
  } catch (error) {
    if (!isDamage(error)) throw error;
    const unknown = { url: "", attempts: 0, next_attempt_at: 0, last_status: null };
    return destinations.map((destination) => ({ destination, ...unknown }));
  }
}

/** What was written after a delivery: their numbers and destinations, oldest first. */
export async function writtenAfter(
  read: Reader,
  id: number,
): Promise<{ id: number; destination: string; isPending: boolean }[]> {
  const rows = await read.values<[number, unknown, unknown]>(
    sql`select id, destination, status from ${deliveries} where id > ${id} order by id limit ${BATCH}`,
  );
  return rows.map(([id, destination, status]) => ({
    id,
    destination: String(destination),
    isPending: status === "pending",
  }));
}

const oldestOf = (destination: string, after: number) =>
  and(pendingOf(destination), gt(deliveries.id, after));

/** The oldest delivery that waits for a destination, and is after another. @throws DrizzleQueryError when it is damaged. */
export async function headOf(
  read: Pick<Reader, "select">,
  destination: string,
  after: number,
): Promise<DeliveryRow | null> {
  const [row] = await read.select().from(deliveries).where(oldestOf(destination, after))
    .orderBy(asc(deliveries.id)).limit(1);
  return row ?? null;
}

/** The number of the same, which can be read where the delivery cannot. */
export async function headId(read: Reader, destination: string, after: number): Promise<number | null> {
  const [row] = await read.select({ id: deliveries.id }).from(deliveries).where(oldestOf(destination, after))
    .orderBy(asc(deliveries.id)).limit(1);
  return row?.id ?? null;
}

/** Whether the delivery before one, to the same destination, has failed. */
export async function isBehindFailed(read: Reader, { id, destination }: DeliveryRow): Promise<boolean> {
  const [before] = await read.select({ status: sql<string>`${deliveries.status}` }).from(deliveries)
    .where(and(
      eq(deliveries.destination, destination),
      lt(deliveries.id, id),
      ne(sql`coalesce(${deliveries.type}, '')`, TEST_TYPE),
    ))
    .orderBy(desc(deliveries.id)).limit(1);
  return before?.status === "failed";
}

/** What an outcome changes of a delivery. */
export type DeliveryChange = Partial<typeof deliveries.$inferInsert>;

/** Writes what became of a delivery that waits. */
export async function changePending(tx: Transaction, id: number, change: DeliveryChange): Promise<void> {
  await tx.update(deliveries).set(change).where(and(eq(deliveries.id, id), eq(deliveries.status, "pending")));
}

/** Fails the oldest deliveries that wait for a destination; says whether there may be more. */
export async function failBatch(
  db: Database,
  destination: string,
  last_error: string,
  before: Date | null = null,
): Promise<boolean> {
  return await db.write(async (tx) => {
    const oldest = tx.select({ id: deliveries.id }).from(deliveries)
      .where(and(pendingOf(destination), before === null ? undefined : lt(deliveries.created_at, before)))
      .orderBy(asc(deliveries.id)).limit(BATCH);
    const failed = await tx.update(deliveries).set({ status: "failed", last_error, finished_at: new Date() })
      .where(inArray(deliveries.id, oldest)).returning({ id: deliveries.id });
    return failed.length === BATCH;
  });
}

/** Deletes deliveries to a destination that is no more; says whether there may be more. */
export async function deleteBatch(db: Database, destination: string): Promise<boolean> {
  return await db.write(async (tx) => {
    const some = tx.select({ id: deliveries.id }).from(deliveries)
      .where(eq(deliveries.destination, destination)).orderBy(asc(deliveries.id)).limit(BATCH);
    const gone = await tx.delete(deliveries).where(inArray(deliveries.id, some)).returning({
      id: deliveries.id,
    });
    return gone.length === BATCH;
  });
}

/** Up to when what has ended leaves the log; null: nothing does. */
async function logEnd(read: Reader, { days, rows }: typeof LOG_BOUNDS, now: number): Promise<Date> {
  const old = new Date(now - days * DAY_MS);
  const [beyond] = await read.select({ at: sql<number>`${deliveries.finished_at}` }).from(deliveries)
    .where(gt(deliveries.finished_at, old)).orderBy(desc(deliveries.finished_at)).limit(1).offset(rows);
  return typeof beyond?.at === "number" ? new Date(beyond.at) : old;
}

/**
 * Takes out of the log what is too old or too much, in small transactions.
 *
 * @param signal Ends it between two of them.
 */
export async function pruneLog(
  db: Database,
  signal: AbortSignal,
  bounds = LOG_BOUNDS,
  now = Date.now(),
): Promise<void> {
  const end = await logEnd(db.read, bounds, now);
  for (let more = true; more && !signal.aborted;) {
    more = await db.write(async (tx) => {
      const some = tx.select({ id: deliveries.id }).from(deliveries)
        .where(lte(deliveries.finished_at, end)).orderBy(asc(deliveries.finished_at)).limit(BATCH);
      const gone = await tx.delete(deliveries).where(inArray(deliveries.id, some))
        .returning({ id: deliveries.id });
      return gone.length === BATCH;
    });
  }
}

/** Fails what has waited too long for endpoints that have been disabled as long. */
export async function expireKept(db: Database, signal: AbortSignal, now = Date.now()): Promise<void> {
  const before = new Date(now - KEPT_DAYS * DAY_MS);
  const disabled = await db.read.select({ id: sql<string>`${endpoints.id}` }).from(endpoints)
    .where(lt(endpoints.disabled_at, before));
  const error = `The webhook was disabled for ${KEPT_DAYS} days`;
  for (const { id } of disabled) {
    while (!signal.aborted && await failBatch(db, id, error, before));
  }
}

/** Notes of an endpoint whether its last try failed; gives the first of the tries that failed since one was accepted. */
export async function noteEndpoint(
  tx: Transaction,
  id: string,
  { accepted, at }: { accepted: boolean; at: Date },
): Promise<Date | null> {
  const [before] = await tx.select({ since: endpoints.failing_since }).from(endpoints).where(
    eq(endpoints.id, id),
  );
  if (!before) return null;
  const since = accepted ? null : before.since ?? at;
  if (since?.getTime() !== before.since?.getTime()) {
    await tx.update(endpoints).set({ failing_since: since }).where(eq(endpoints.id, id));
  }
  return since;
}

/** Sends an endpoint nothing more, until it is enabled; in the transaction of the outcome. */
export async function disableEndpoint(
  tx: Transaction,
  id: string,
  { code, reason }: { code: "gone" | "failing"; reason: string },
  at: Date,
): Promise<void> {
  await tx.update(endpoints).set({ disabled_code: code, disabled_reason: reason, disabled_at: at })
    .where(and(eq(endpoints.id, id), isNull(endpoints.disabled_at)));
}

/** Gives up a job's own webhook; in the transaction of the outcome. */
export async function giveUpJob(tx: Transaction, id: string, reason: string): Promise<void> {
  await tx.update(jobs).set({ webhook_given_up: reason }).where(eq(jobs.id, id));
}
