/** Brings a database up to this version, in one transaction. */
import { DrizzleQueryError, sql } from "drizzle-orm";
import type { SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy";
import { migrate } from "drizzle-orm/sqlite-proxy/migrator";
import { fileURLToPath } from "node:url";
import { RESTORE, unusable } from "./database_file.ts";
import { idsAfter } from "./new_id.ts";
import type { Reader, Transaction } from "./open_database.ts";
import { checkpoints, datasets, events, files, fineTunes, jobs, webhookEndpoints } from "./schema.ts";

export const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../migrations", import.meta.url));

/**
 * Does what is missing of the migrations.
 *
 * @param name of the database, for whoever starts the server
 * @param isKnown whether an error says by itself what is wrong
 * @throws UserError
 */
export async function migrateDatabase(
  tx: Transaction,
  name: string,
  isKnown: (thrown: unknown) => boolean,
): Promise<void> {
  const all = tx as SqliteRemoteDatabase<Record<string, never>>;
  const run = async (queries: string[]) => {
    for (const query of queries) await all.run(sql.raw(query));
  };
  await migrate(all, run, { migrationsFolder: MIGRATIONS_FOLDER }).catch((error) => {
    if (error instanceof DrizzleQueryError && !isKnown(error)) {
      throw unusable(name, `it cannot be brought up to this version (${sentence(error)})`, RESTORE);
    }
    throw error;
  });
}

/** The first cause, on one line. */
export function sentence(thrown: unknown): string {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return (error as Error).message.replaceAll(/\s+/g, " ");
}

/** Makes all ids from now on greater than those that are there. */
export async function idsAfterAll(read: Reader): Promise<void> {
  for (const table of [jobs, events, checkpoints, datasets, files, fineTunes, webhookEndpoints]) {
    const [last] = await read.select({ id: sql<string | null>`max(${table.id})` }).from(table);
    idsAfter(last!.id);
  }
}
