/** Writes what is to be sent, in the transaction of what happened, within a bound for each destination and for all. */
import { sql } from "drizzle-orm";
import { ALL_TYPES } from "../contract/webhook_schema.ts";
import { isDamage } from "../db/damaged_data.ts";
import type { Transaction } from "../db/open_database.ts";
import { type DeliveryRow, webhookDeliveries, webhookEndpoints } from "../db/schema.ts";

/** Deliveries that may wait for one destination, and in all; what comes then is written as failed. */
export const MAX_PENDING = { of_destination: 10_000, all: 100_000 };

export type PendingBounds = typeof MAX_PENDING;

export interface Notice {
  /** Sent as webhook-id. */
  event_id: string;
  type: string | null;
  /** The job whose own webhook is told; null for an endpoint. */
  job_id: string | null;
  /** The job that it tells of; null for what tells of none. */
  about_job_id: string | null;
  /** The exact text that is signed and sent. */
  body: string;
  at: Date;
  redelivery_of?: number;
}

/** Endpoints that want events of a type. One that cannot be read is sent nothing, and holds up no job. */
async function subscribers(tx: Transaction, type: string): Promise<string[]> {
  try {
    const rows = await tx.select({
      id: sql<unknown>`${webhookEndpoints.id}`,
      event_types: sql<unknown>`${webhookEndpoints.event_types}`,
    }).from(webhookEndpoints);
    return rows.filter(({ event_types }) => wants(event_types, type)).map(({ id }) => String(id));
  } catch (error) {
    if (isDamage(error)) return [];
    throw error;
  }
}

function wants(eventTypes: unknown, type: string): boolean {
  try {
    const types = JSON.parse(eventTypes as string);
    return Array.isArray(types) && (types.includes(ALL_TYPES) || types.includes(type));
  } catch {
    return false;
  }
}

/** Why nothing more may wait for a destination, or null. Looks no further than to the bounds. */
export async function whyFull(
  tx: Transaction,
  destination: string,
  bounds: PendingBounds = MAX_PENDING,
): Promise<string | null> {
  const pending = sql`from ${webhookDeliveries} where status = 'pending'`;
  const [full] = await tx.select({
    of_destination: sql<number | null>`(
      select 1 ${pending} and destination = ${destination} limit 1 offset ${bounds.of_destination - 1}
    )`,
    all: sql<number | null>`(select 1 ${pending} limit 1 offset ${bounds.all - 1})`,
  }).from(sql`(select 1)`);
  if (full!.of_destination !== null) {
    return `Not sent, as ${bounds.of_destination} deliveries wait for this receiver`;
  }
  return full!.all === null ? null : `Not sent, as ${bounds.all} deliveries wait`;
}

/** Adds a delivery to one destination; where too many wait, one that has failed. */
export async function enqueue(
  tx: Transaction,
  destination: string,
  { at, ...notice }: Notice,
  bounds?: PendingBounds,
): Promise<DeliveryRow> {
  const full = await whyFull(tx, destination, bounds);
  const [row] = await tx.insert(webhookDeliveries).values({
    ...notice,
    destination,
    ...(full === null ? { status: "pending" } : { status: "failed", last_error: full, finished_at: at }),
    next_attempt_at: at,
    created_at: at,
  }).returning();
  return row!;
}

/**
 * Adds the deliveries of a job's event: to every endpoint that wants it, and to the job's own webhook.
 *
 * @param hasOwn Whether the job has a webhook of its own that is to be told.
 */
export async function enqueueEvent(
  tx: Transaction,
  job_id: string,
  hasOwn: boolean,
  notice: Pick<Notice, "event_id" | "body" | "at"> & { type: string },
  bounds?: PendingBounds,
): Promise<void> {
  const about = { ...notice, about_job_id: job_id };
  if (hasOwn) await enqueue(tx, job_id, { ...about, job_id }, bounds);
  for (const endpoint of await subscribers(tx, notice.type)) {
    await enqueue(tx, endpoint, { ...about, job_id: null }, bounds);
  }
}
