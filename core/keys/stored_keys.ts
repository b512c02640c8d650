/** Keys as rows: made, listed, revoked. The server and the `keys` task both call these, each on a connection of its own. */
import { and, count, eq, gt, isNull, or, type SQL, sql } from "drizzle-orm";
import { newId } from "../db/new_id.ts";
import type { Database } from "../db/open_database.ts";
import { readableRows } from "../db/readable_rows.ts";
import { type ApiKeyRow, apiKeys, type KEY_SCOPES, rowNumber } from "../db/schema.ts";
import { UserError } from "../errors.ts";
import { recordAudit } from "./audit_log.ts";
import { keyHash, keyStart, newKeyText } from "./key_text.ts";

export type KeyScope = typeof KEY_SCOPES[number];

/** Keys that hold at one time; the server reads all of them every second. */
export const MAX_KEYS = 1000;
/** Rows in all, revoked ones and those that are over included. */
const MAX_ROWS = 100_000;
const MAX_NAME_LENGTH = 100;

export interface NewKey {
  name: string;
  scope: KeyScope;
  expires_at: Date | null;
}

const isLive = (now: Date) =>
  and(isNull(apiKeys.revoked_at), or(isNull(apiKeys.expires_at), gt(apiKeys.expires_at, now)));

/**
 * Makes a key.
 *
 * @returns its text, which is nowhere else, and its row
 * @throws UserError for a name that will not do or when there are too many
 */
export async function createKey(
  db: Database,
  { name, scope, expires_at }: NewKey,
  now = new Date(),
): Promise<{ text: string; row: ApiKeyRow }> {
  // deno-lint-ignore no-control-regex -- control characters are what is refused here
  if (name.length === 0 || name.length > MAX_NAME_LENGTH || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new UserError(
      "invalid_request",
      `Expected a name of 1 to ${MAX_NAME_LENGTH} characters on one line, got ${name.length}`,
    );
  }
  if (expires_at !== null && expires_at <= now) {
    throw new UserError(
      "invalid_request",
      `Expected a time to come as the key's end, got ${expires_at.toISOString()}`,
    );
  }
  const text = newKeyText();
  return await db.write(async (tx) => {
    const [live] = await tx.select({ keys: count() }).from(apiKeys).where(isLive(now));
    const [all] = await tx.select({ keys: count() }).from(apiKeys);
    if (live!.keys >= MAX_KEYS || all!.keys >= MAX_ROWS) {
      throw new UserError(
        "invalid_request",
        `There are ${live!.keys} keys: revoke some before you make more`,
      );
    }
    const [row] = await tx.insert(apiKeys).values({
      ...{ id: newId("key"), name, start: keyStart(text), hash: hashText(text), scope },
      ...{ created_at: now, expires_at },
    }).returning();
    await recordAudit(tx, {
      ...{ at: now, key_id: null, method: "TASK", route: "keys create", resource: row!.id },
      ...{ status: 201, request_id: null },
    });
    return { text, row: row! };
  });
}

/** All keys there ever were, the newest first. */
export function listKeys(db: Database): Promise<ApiKeyRow[]> {
  return keyRows(db, undefined, MAX_ROWS);
}

/** Keys, without those whose rows are damaged. */
async function keyRows(db: Database, where: SQL | undefined, limit: number): Promise<ApiKeyRow[]> {
  const record = "The API key in row";
  return await readableRows(db, apiKeys, {
    record,
    where,
    number: rowNumber(apiKeys),
    newestFirst: true,
    limit,
  });
}

/**
 * Ends a key for good.
 *
 * @param named its id, its first characters as lists show them, or its whole text
 * @returns the key, and whether it had ended before
 * @throws UserError when no key or more than one is called so
 */
export async function revokeKey(
  db: Database,
  named: string,
  now = new Date(),
): Promise<{ row: ApiKeyRow; before: boolean }> {
  return await db.write(async (tx) => {
    const rows = await tx.select().from(apiKeys).where(
      or(eq(apiKeys.id, named), eq(apiKeys.start, named), eq(apiKeys.hash, hashText(named))),
    ).limit(2);
    const [row] = rows;
    if (!row && named.startsWith("env_")) {
      throw new UserError("invalid_request", "A key of API_KEYS ends when it is taken out of that variable");
    }
    if (!row) {
      throw new UserError(
        "not_found",
        "Expected the id of a key, or its first characters, as 'keys list' shows them",
      );
    }
    if (rows.length > 1) throw new UserError("invalid_request", "Several keys begin so: say the id of one");
    if (row.revoked_at !== null) return { row, before: true };
    await tx.update(apiKeys).set({ revoked_at: now }).where(eq(apiKeys.id, row.id));
    await recordAudit(tx, {
      ...{ at: now, key_id: null, method: "TASK", route: "keys revoke", resource: row.id },
      ...{ status: 200, request_id: null },
    });
    return { row: { ...row, revoked_at: now }, before: false };
  });
}

/** What the server knows of a key. */
export type LiveKey = Pick<ApiKeyRow, "id" | "name" | "scope" | "hash" | "expires_at">;

/** The keys that hold, and whether there ever was one. */
export async function readLiveKeys(
  db: Database,
  now = new Date(),
): Promise<{ keys: LiveKey[]; any: boolean }> {
  const rows = await keyRows(db, isLive(now), MAX_KEYS);
  const keys = rows.filter(({ id, hash }) => {
    const isHash = /^[0-9a-f]{64}$/.test(hash);
    if (!isHash) db.damaged(`The API key '${id}'`, new Error("Its hash is none"));
    return isHash;
  });
  const any = rows.length > 0 ||
    (await db.read.select({ one: sql<number>`1` }).from(apiKeys).limit(1).execute()).length > 0;
  return { keys, any };
}

/** Writes down when keys were last used. */
export async function recordUse(db: Database, used: ReadonlyMap<string, Date>): Promise<void> {
  await db.write(async (tx) => {
    for (const [id, last_used_at] of used) {
      await tx.update(apiKeys).set({ last_used_at }).where(eq(apiKeys.id, id));
    }
  });
}

function hashText(text: string): string {
  return [...keyHash(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
