/** Writes what is to be sent, in the transaction of what happened, within a bound for each destination and for all. */
import { type SQL, sql } from "drizzle-orm";
import {
  FINE_TUNING_EVENT_TYPES,
  fineTuningBody,
  type FineTuningEventType,
} from "../contract/fine_tuning_events.ts";
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

/** All types are all of ours: whoever reads the others' bodies asks for them by name. */
const isFineTuning = (type: string) => (FINE_TUNING_EVENT_TYPES as readonly string[]).includes(type);

function wants(eventTypes: unknown, type: string): boolean {
  try {
    const types = JSON.parse(eventTypes as string);
    return Array.isArray(types) &&
      ((types.includes(ALL_TYPES) && !isFineTuning(type)) || types.includes(type));
  } catch {
    return false;
  }
}

/** The SQL of `whyFull`, which looks no further than to the bounds. */
function fullSql(destinations: readonly string[], bounds: PendingBounds): SQL {
  const pending = sql`select 1 from ${webhookDeliveries} where status = 'pending'`;
  return sql`(
    select wanted.value as destination,
      (${pending} and destination = wanted.value limit 1 offset ${
    bounds.of_destination - 1
  }) as of_destination,
      (${pending} limit 1 offset ${bounds.all - 1}) as of_all
    from json_each(${JSON.stringify(destinations)}) as wanted
  )`;
}

/** Of destinations, those for which nothing more may wait, and why. */
async function whyFull(
  tx: Transaction,
  destinations: readonly string[],
  bounds: PendingBounds,
): Promise<Map<string, string>> {
  const rows = await tx.select({
    destination: sql<string>`destination`,
    of_destination: sql<number | null>`of_destination`,
    all: sql<number | null>`of_all`,
  }).from(fullSql(destinations, bounds));
  const why = (count: number, of: string) => `Not sent, as ${count} deliveries wait${of}`;
  return new Map(rows.flatMap(({ destination, of_destination, all }): [string, string][] => {
    if (of_destination !== null) return [[destination, why(bounds.of_destination, " for this receiver")]];
    return all === null ? [] : [[destination, why(bounds.all, "")]];
  }));
}

/**
 * Adds deliveries, each to a destination of its own; where too many wait, one that has failed.
 *
 * @returns Their rows.
 */
export async function enqueue(
  tx: Transaction,
  notices: readonly (Notice & { destination: string })[],
  bounds: PendingBounds = MAX_PENDING,
): Promise<DeliveryRow[]> {
  if (notices.length === 0) return [];
  const full = await whyFull(tx, notices.map(({ destination }) => destination), bounds);
  return await tx.insert(webhookDeliveries).values(notices.map(({ at, ...notice }) => {
    const last_error = full.get(notice.destination);
    return {
      ...notice,
      ...(last_error === undefined
        ? { status: "pending" as const }
        : { status: "failed" as const, last_error, finished_at: at }),
      next_attempt_at: at,
      created_at: at,
    };
  })).returning();
}

/** Adds the deliveries of the end of a job, or of what was to become one, to the endpoints that are told of it as OpenAI does. */
export async function enqueueFineTuningEvent(
  tx: Transaction,
  { event_id, job_id, type, at }: { event_id: string; job_id: string; type: FineTuningEventType; at: Date },
): Promise<void> {
  const body = fineTuningBody(event_id, job_id, type, at);
  const notice = { event_id, type, job_id: null, about_job_id: job_id, body, at };
  await enqueue(tx, (await subscribers(tx, type)).map((destination) => ({ ...notice, destination })));
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
  event: Pick<Notice, "event_id" | "body" | "at"> & { type: string },
  bounds?: PendingBounds,
): Promise<void> {
  const about = { ...event, about_job_id: job_id };
  const endpoints = await subscribers(tx, event.type);
  await enqueue(tx, [
    ...(hasOwn ? [{ ...about, job_id, destination: job_id }] : []),
    ...endpoints.map((destination) => ({ ...about, job_id: null, destination })),
  ], bounds);
}
