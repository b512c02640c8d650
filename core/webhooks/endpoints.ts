/** Endpoints for the events of all jobs: made, listed, changed, removed. One transaction a verb. */
import { and, count, eq, gt, lt } from "drizzle-orm";
import type { CreateEndpoint, RotateSecret, UpdateEndpoint } from "../contract/webhook_schema.ts";
import { naming } from "../db/damaged_data.ts";
import { newId } from "../db/new_id.ts";
import type { Database, Reader, Transaction } from "../db/open_database.ts";
import { type Page, page } from "../db/page.ts";
import { readableRows } from "../db/readable_rows.ts";
import { type EndpointRow, rowNumber, webhookEndpoints as endpoints } from "../db/schema.ts";
import { invalid, UserError } from "../errors.ts";
import { type IdempotencyKey, oldestAnswer, requireSameRequest } from "../idempotency_key.ts";
import { newWebhookSecret } from "../outbound/signature.ts";

/** Every one is written to with every event. */
export const MAX_ENDPOINTS = 100;
/** Earlier secrets that sign at the same time. */
const MAX_PREVIOUS = 5;

const recordOf = (id: string) => `The webhook '${id}'`;

async function find(db: Database, read: Pick<Reader, "select">, id: string): Promise<EndpointRow> {
  const row = read.select().from(endpoints).where(eq(endpoints.id, id));
  const [endpoint] = await naming(db, recordOf(id), row.execute());
  if (!endpoint) throw new UserError("not_found", `No webhook '${id}'`);
  return endpoint;
}

async function change(tx: Transaction, id: string, set: Partial<EndpointRow>): Promise<EndpointRow> {
  const [row] = await tx.update(endpoints).set(set).where(eq(endpoints.id, id)).returning();
  return row!;
}

/** The endpoint that was made under a key. @throws UserError `idempotency_conflict` when by another request. */
async function madeUnder(tx: Transaction, key: IdempotencyKey): Promise<EndpointRow | undefined> {
  const [row] = await tx.select().from(endpoints)
    .where(and(eq(endpoints.request_key, key.key), gt(endpoints.created_at, oldestAnswer())));
  if (row) requireSameRequest(key, row.request_hash);
  return row;
}

/**
 * Adds an endpoint, or gives the one that was made under the same key.
 *
 * @throws UserError `wrong_state` when there are too many, `idempotency_conflict` when the key was another request's.
 */
export function createEndpoint(
  db: Database,
  { secret, ...config }: CreateEndpoint,
  key: IdempotencyKey | null = null,
): Promise<EndpointRow> {
  return db.write(async (tx) => {
    const before = key && await madeUnder(tx, key);
    if (before) return before;
    const [there] = await tx.select({ count: count() }).from(endpoints);
    if (there!.count >= MAX_ENDPOINTS) {
      throw new UserError(
        "wrong_state",
        `Cannot add a webhook as there are ${MAX_ENDPOINTS}, the most there may be: delete one first`,
      );
    }
    const [row] = await tx.insert(endpoints).values({
      id: newId("webhook"),
      ...config,
      event_types: [...new Set(config.event_types)],
      secret: secret ?? newWebhookSecret(),
      previous_secrets: [],
      ...(key && { request_key: key.key, request_hash: key.request_hash }),
      created_at: new Date(),
    }).returning();
    return row!;
  });
}

/** Newest first; `after` is the last id of the page before, though that may be gone. */
export async function listEndpoints(
  db: Database,
  { limit, after }: { limit: number; after?: string },
): Promise<Page<EndpointRow>> {
  const rows = await readableRows(db, endpoints, {
    record: "The webhook in row",
    where: after === undefined ? undefined : lt(endpoints.id, after),
    number: rowNumber(endpoints),
    newestFirst: true,
    limit: limit + 1,
  });
  return page(rows, limit);
}

/** @throws UserError `not_found`, or `damaged_data`. */
export function getEndpoint(db: Database, id: string): Promise<EndpointRow> {
  return find(db, db.read, id);
}

/** What enabling forgets: why the endpoint was disabled, and how long it had failed. */
const ENABLED = { disabled_code: null, disabled_reason: null, disabled_at: null, failing_since: null };

/** @throws UserError `not_found`, or `damaged_data`. */
export function updateEndpoint(
  db: Database,
  id: string,
  { status, event_types, ...plain }: UpdateEndpoint,
): Promise<EndpointRow> {
  return db.write(async (tx) => {
    const before = await find(db, tx, id);
    const isDisabled = before.disabled_at !== null;
    return await change(tx, id, {
      // Drizzle wants something to set.
      id,
      ...plain,
      ...(event_types && { event_types: [...new Set(event_types)] }),
      ...(plain.url !== undefined && plain.url !== before.url && { failing_since: null }),
      ...(status === "enabled" && isDisabled && ENABLED),
      ...(status === "disabled" && !isDisabled &&
        { disabled_code: "by_request", disabled_reason: "A request disabled it", disabled_at: new Date() }),
    });
  });
}

/**
 * Deletes an endpoint. What waits for it and its log are the deliverer's to delete.
 *
 * @throws UserError `not_found`.
 */
export function deleteEndpoint(db: Database, id: string): Promise<void> {
  return db.write(async (tx) => {
    const [gone] = await tx.delete(endpoints).where(eq(endpoints.id, id)).returning({ id: endpoints.id });
    if (!gone) throw new UserError("not_found", `No webhook '${id}'`);
  });
}

/**
 * Gives an endpoint another secret. Those before sign beside it for `overlap_seconds`, and none of them longer than it
 * would have.
 *
 * @throws UserError `not_found`; `wrong_state` when too many sign already.
 */
export function rotateSecret(
  db: Database,
  id: string,
  { secret = newWebhookSecret(), overlap_seconds }: RotateSecret,
  now = Date.now(),
): Promise<EndpointRow> {
  return db.write(async (tx) => {
    const before = await find(db, tx, id);
    if (secret === before.secret) throw invalid("secret", "Expected another secret than the current one");
    const until = now + overlap_seconds * 1000;
    const previous = [{ secret: before.secret, expires_at: until }, ...before.previous_secrets]
      .map((one) => ({ ...one, expires_at: Math.min(one.expires_at, until) }))
      .filter((one) => one.expires_at > now && one.secret !== secret);
    if (previous.length > MAX_PREVIOUS) {
      throw new UserError(
        "wrong_state",
        `Cannot rotate the secret as ${MAX_PREVIOUS} earlier ones still sign: wait until one expires, ` +
          `or rotate with overlap_seconds 0`,
      );
    }
    return await change(tx, id, { secret, previous_secrets: previous });
  });
}
