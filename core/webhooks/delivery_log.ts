/** The log of deliveries: what was sent to a destination and what became of it; and sending again by hand. */
import { and, eq, lt } from "drizzle-orm";
import { naming } from "../db/damaged_data.ts";
import type { Database, Reader } from "../db/open_database.ts";
import { type Page, page } from "../db/page.ts";
import { byColumn, readableRows } from "../db/readable_rows.ts";
import type { DELIVERY_STATUSES } from "../contract/webhook_answers.ts";
import { type DeliveryRow, jobs, webhookDeliveries as deliveries } from "../db/schema.ts";
import { UserError } from "../errors.ts";
import { enqueue } from "./enqueue.ts";

/** Digits of an id's number, as many as other ids have letters. */
const DIGITS = 26;
const PREFIX = "whd_";

/** The id of a delivery outside of the database. */
export function deliveryId(id: number): string {
  return PREFIX + String(id).padStart(DIGITS, "0");
}

/** The number in a delivery's id; one that no delivery has where it is no such id. */
function numberIn(id: string): number {
  const [, digits] = /^whd_(\d{26})$/.exec(id) ?? [];
  const number = Number(digits ?? 0);
  return Number.isSafeInteger(number) ? number : 0;
}

async function find(
  db: Database,
  read: Pick<Reader, "select">,
  destination: string,
  id: string,
): Promise<DeliveryRow> {
  const query = read.select().from(deliveries)
    .where(and(eq(deliveries.id, numberIn(id)), eq(deliveries.destination, destination)));
  const [row] = await naming(db, `The webhook delivery '${id.slice(0, 50)}'`, query.execute());
  if (!row) throw new UserError("not_found", `No delivery '${id.slice(0, 50)}' to '${destination}'`);
  return row;
}

/** Newest first; `after` is the last id of the page before. */
export async function listDeliveries(
  db: Database,
  destination: string,
  { limit, after, status }: { limit: number; after?: string; status?: (typeof DELIVERY_STATUSES)[number] },
): Promise<Page<DeliveryRow>> {
  const rows = await readableRows(db, deliveries, {
    record: "The webhook delivery",
    where: and(
      eq(deliveries.destination, destination),
      status && eq(deliveries.status, status),
      after === undefined ? undefined : lt(deliveries.id, numberIn(after)),
    ),
    number: byColumn(deliveries.id),
    newestFirst: true,
    limit: limit + 1,
  });
  return page(rows, limit);
}

/** @throws UserError `not_found`, or `damaged_data`. */
export function getDelivery(db: Database, destination: string, id: string): Promise<DeliveryRow> {
  return find(db, db.read, destination, id);
}

/**
 * Sends a delivery again, with its event's id: one that has ended as a new delivery, behind those that wait; one that
 * waits itself, and is the caller's to hurry. A job's webhook that was given up is tried again.
 *
 * @throws UserError `not_found`; `too_many_requests` when too many wait.
 */
export function redeliver(db: Database, destination: string, id: string): Promise<DeliveryRow> {
  return db.write(async (tx) => {
    const row = await find(db, tx, destination, id);
    if (row.status === "pending") return row;
    await tx.update(jobs).set({ webhook_given_up: null }).where(eq(jobs.id, destination));
    const [again] = await enqueue(tx, [{
      ...{ destination, event_id: row.event_id, type: row.type, body: row.body },
      ...{ job_id: row.job_id, about_job_id: row.about_job_id, redelivery_of: row.id },
      at: new Date(),
    }]);
    if (again!.status === "failed") throw new UserError("too_many_requests", again!.last_error!);
    return again!;
  });
}
