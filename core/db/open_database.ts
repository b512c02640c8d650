/**
 * The SQLite file below DATA_DIR, opened once by the API process. The only file that imports the driver;
 * queries are written with drizzle by those who need them.
 */
import { createClient } from "@libsql/client";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UserError } from "../errors.ts";

const BUSY_TIMEOUT_MS = 5000;

type Connection = LibSQLDatabase<Record<string, never>>;

/** A transaction in progress; reads in it see its own writes. */
export type Transaction = Parameters<Parameters<Connection["transaction"]>[0]>[0];

export interface Database {
  /** For reads outside a transaction. */
  readonly read: Pick<Connection, "select" | "selectDistinct">;
  /**
   * Runs `work` in a transaction, one at a time: the driver blocks the whole process while it waits for a lock
   * that another transaction of the same process holds.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Waits for writes in progress and lets go of the files. */
  close(): Promise<void>;
}

/** Takes DATA_DIR for this process; two servers on one folder would run each other's jobs. */
async function lockFolder(folder: string): Promise<Deno.FsFile> {
  const file = await Deno.open(join(folder, "lock"), { create: true, write: true });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new UserError(
    "runtime_unavailable",
    "Cannot open DATA_DIR as another server uses it: stop that server or choose another DATA_DIR",
  );
}

/**
 * Opens (and creates or migrates) the database in `folder`.
 *
 * @throws UserError when another process holds the folder.
 */
export async function openDatabase(folder: string): Promise<Database> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  const path = join(folder, "proximal.db");
  // Webhook secrets are in it; the files that SQLite adds take over its mode.
  await Deno.open(path, { create: true, append: true, mode: 0o600 }).then((file) => file.close());
  const options = { url: pathToFileURL(path).href, timeout: BUSY_TIMEOUT_MS };
  const writer = createClient({ ...options, concurrency: 1 });
  await writer.execute("PRAGMA journal_mode = WAL");
  // Safe against a crash of the process; only a power cut can lose the last commits. The driver is synchronous,
  // so waiting for the disk at each commit would hold up every request.
  await writer.execute("PRAGMA synchronous = NORMAL");
  const connection = drizzle(writer);
  const reader = createClient(options);
  await migrate(connection, {
    migrationsFolder: fileURLToPath(new URL("../../migrations", import.meta.url)),
  });

  let last: Promise<unknown> = Promise.resolve();
  return {
    read: drizzle(reader),
    write(work) {
      const result = last.then(() => connection.transaction(work));
      last = result.catch(() => {});
      return result;
    },
    async close() {
      await last;
      reader.close();
      writer.close();
      lock.close();
    },
  };
}
