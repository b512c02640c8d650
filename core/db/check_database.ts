/** Whether an open database is whole, and this program's: looked at once, at the start. */
import { sql, type Table } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { VERSION } from "../version.ts";
import { RESTORE, unusable } from "./database_file.ts";
import {
  apiKeys,
  auditLog,
  checkpoints,
  commits,
  databases,
  datasets,
  events,
  files,
  fineTunes,
  idempotencyKeys,
  jobRows,
  jobs,
  leases,
  metrics,
  webhookDeliveries,
  webhookEndpoints,
} from "./schema.ts";
import type { Reader } from "./open_database.ts";

const TABLES = {
  ...{ apiKeys, auditLog, checkpoints, datasets, events, idempotencyKeys, jobRows, jobs, metrics },
  ...{ commits, databases, files, fineTunes, leases, webhookDeliveries, webhookEndpoints },
};

/** SQLite looks through a file of this size in a fraction of a second; larger ones are looked at where they begin and end. */
const MAX_CHECKED_BYTES = 128 * 1024 * 1024;
const MAX_FAULTS = 100;

/** What SQLite finds in a row, which fails whoever reads that row and nobody else. */
const FAULT_OF_A_ROW = /^(NULL value in|non-\w+ value in|\w+ value in|CHECK constraint failed)/;

/** The faults that SQLite finds in the file's pages. @throws SqliteError when it cannot even look. */
export async function faultsOf(read: Reader): Promise<string[]> {
  const [[pages], [pageBytes]] = await Promise.all([
    read.values<[number]>(sql`pragma page_count`),
    read.values<[number]>(sql`pragma page_size`),
  ]);
  if (pages![0] * pageBytes![0] > MAX_CHECKED_BYTES) {
    const names = await read.values<[string]>(sql`select name from sqlite_schema where type = 'table'`);
    for (const [name] of names) {
      for (const order of ["asc", "desc"]) {
        const table = sql.identifier(name);
        await read.values(sql`select * from ${table} order by rowid ${sql.raw(order)} limit 1`);
      }
    }
    return [];
  }
  const faults = await read.values<[string]>(sql.raw(`pragma quick_check(${MAX_FAULTS})`));
  return faults.map(([fault]) => fault).filter((fault) => fault !== "ok" && !FAULT_OF_A_ROW.test(fault));
}

/**
 * Refuses a database that another program or a newer version of this one has made.
 *
 * @throws UserError
 */
export async function checkOrigin(
  read: Reader,
  path: string,
  migrationsFolder: string,
  another = "Move it away, or choose another DATA_DIR",
): Promise<void> {
  const tables = await read.values<[string]>(
    sql`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`,
  );
  const names = tables.map(([name]) => name);
  if (names.length === 0) return;
  if (!names.includes("__drizzle_migrations")) throw unusable(path, "it is another program's", another);
  const made = await read.values<[number]>(
    sql`select created_at from __drizzle_migrations order by created_at`,
  );
  const known = new Set(readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis));
  const unknown = made.findLast(([at]) => !known.has(Number(at)));
  if (unknown) {
    const day = new Date(Number(unknown[0])).toISOString().slice(0, 10);
    const why =
      `a newer version of this program has written it, with a schema of ${day} that ${VERSION} does not know`;
    throw unusable(path, why, "Start that version, or restore a backup that was made before it");
  }
}

/** Refuses a database without what this program reads. @throws UserError */
export async function checkTables(read: Reader, path: string): Promise<void> {
  for (const table of Object.values(TABLES) as Table[]) {
    try {
      await read.select().from(table as typeof jobs).limit(0);
    } catch (error) {
      const why = String((error as Error).cause ?? error).replace(/^\w+: /, "");
      throw unusable(path, `tables or columns are missing (${why})`, RESTORE);
    }
  }
}
