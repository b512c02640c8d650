/**
 * What one server at a time does, where several share a database: whoever does it holds a lease, by the database's clock,
 * and says again that it does while it goes on. With a file there is nobody else, and nothing is written.
 */
import { and, eq, sql } from "drizzle-orm";
import { clock } from "./clock.ts";
import type { Database, Transaction } from "./open_database.ts";
import { leases } from "./schema.ts";

/**
 * Takes a lease, or takes it for longer.
 *
 * @returns 0, or the ms after which it may be asked for again, as another server has it
 */
export async function takeLease(tx: Transaction, owner: string, name: string, ms: number): Promise<number> {
  const [held] = await tx.select({ owner: leases.owner, rest: sql<number>`${leases.until} - ${clock}` })
    .from(leases).where(eq(leases.name, name));
  if (held && held.owner !== owner && held.rest > 0) return Math.ceil(held.rest);
  const until = sql`${clock} + ${ms}`;
  await tx.insert(leases).values({ name, owner, until })
    .onConflictDoUpdate({ target: leases.name, set: { owner, until } });
  return 0;
}

/** Whether this server has a lease, which may have run out if nobody else has taken it. */
export async function hasLease(tx: Transaction, owner: string, name: string): Promise<boolean> {
  const [held] = await tx.select({ owner: leases.owner }).from(leases).where(eq(leases.name, name));
  return held?.owner === owner;
}

/** Gives a lease back, if it is still had. */
export async function giveLease(tx: Transaction, owner: string, name: string): Promise<void> {
  await tx.delete(leases).where(and(eq(leases.name, name), eq(leases.owner, owner)));
}

/**
 * Does `work` while this server has a lease.
 *
 * @param ms how long it lasts without a word @param work is told by its signal when the lease is lost
 * @returns null when another server has it
 */
export async function whileLeased<T>(
  db: Database,
  name: string,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const lost = new AbortController();
  if (!db.isShared) return await work(lost.signal);
  const { owner } = db;
  const take = () => db.write((tx) => takeLease(tx, owner, name, ms));
  let until = performance.now() + ms;
  if (await take() > 0) return null;
  const timer = setInterval(async () => {
    const at = performance.now();
    const rest = await take().catch(() => null);
    if (rest === 0) until = at + ms;
    else if (rest !== null || performance.now() > until) {
      lost.abort(new Error("Another server has taken this over"));
    }
  }, ms / 3);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(timer);
    await db.write((tx) => giveLease(tx, owner, name)).catch(() => {});
  }
}
