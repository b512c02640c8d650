/** Reads of several rows that a damaged one does not fail: it is left out, and the log says so once. */
import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { isDamage } from "./damaged_data.ts";
import type { Database } from "./open_database.ts";

/** Rows whose numbers are read at once while they are read one by one. */
const NUMBERS = 200;

export interface RowsQuery {
  /** What a row is called: "The event". */
  record: string;
  where: SQL | undefined;
  /**
   * The same rows found by an index alone, which can still be read where a page of the table cannot; `where` by default.
   */
  indexed?: SQL;
  /** What rows are ordered by: a number of each. */
  number: SQL<number>;
  newestFirst?: boolean;
  /** How many rows at most. */
  limit: number;
}

/** The rows in their order, without those that are damaged. */
export async function readableRows<T extends SQLiteTable>(
  database: Database,
  table: T,
  { record, where, indexed = where, number, newestFirst = false, limit }: RowsQuery,
): Promise<T["$inferSelect"][]> {
  const order = newestFirst ? desc(number) : asc(number);
  const all = database.read.select().from(table as SQLiteTable);
  try {
    return await all.where(where).orderBy(order).limit(limit);
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  const after = newestFirst ? lt : gt;
  const rows: T["$inferSelect"][] = [];
  for (let last: number | null = null;;) {
    const numbers: { number: number }[] = await database.read.select({ number }).from(table as SQLiteTable)
      .where(and(indexed, last === null ? undefined : after(number, last)))
      .orderBy(order).limit(NUMBERS);
    for (const { number: at } of numbers) {
      if (rows.length === limit) return rows;
      try {
        rows.push(
          ...await database.read.select().from(table as SQLiteTable).where(and(where, eq(number, at))),
        );
      } catch (error) {
        if (!isDamage(error)) throw error;
        database.damaged(`${record} ${at}`, error);
      }
    }
    if (numbers.length < NUMBERS) return rows;
    last = numbers.at(-1)!.number;
  }
}

/** A column as a number to order rows by. */
export function byColumn(column: { getSQL(): SQL }): SQL<number> {
  return sql<number>`${column}`;
}
