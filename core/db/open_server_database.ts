/**
 * Opens a database on a libSQL server, for one of several servers that share it and the data folder. What is wrong is told
 * at the start: an address that does not answer, a token that is not taken, another program's tables, a data folder that
 * belongs to another database.
 */
import { sql } from "drizzle-orm";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../formats/atomic_file.ts";
import { createLogger, type Logger } from "../log.ts";
import { checkOrigin, checkTables } from "./check_database.ts";
import { clock } from "./clock.ts";
import { isDamage } from "./damaged_data.ts";
import { DATABASE_FILE, isFilled, SERVER_FILE } from "./database_file.ts";
import { isAway, LibsqlServer, type ServerAddress, ServerDenies } from "./libsql_server.ts";
import { lockFolder } from "./lock_folder.ts";
import { idsAfterAll, migrateDatabase, MIGRATIONS_FOLDER, sentence } from "./migrate_database.ts";
import type { Database, Reader } from "./open_database.ts";
import { patience, retried } from "./patience.ts";
import { commits, databases, datasets, files, jobs } from "./schema.ts";
import { ServerDatabase } from "./server_database.ts";

/** How long a server that does not answer is waited for: one that is just being started comes by then. */
const START_PATIENCE_MS = 10_000;
/** How long others may keep the lock for writing, as one that brings the database up to this version. */
const MIGRATION_MS = 120_000;
/** Folders of a data folder that rows name files in. */
const FOLDERS = ["jobs", "datasets", "files"];
/** How long the last transaction of a server that is no more is remembered. */
const MARK_MS = 86_400_000;

/**
 * Opens (and makes or migrates) the database at `address`, whose files are in `folder`.
 *
 * @throws UserError for the person who starts the server
 */
export async function openServerDatabase(
  address: ServerAddress,
  folder: string,
  logger: Logger = createLogger("silent"),
  patience_ms = START_PATIENCE_MS,
): Promise<Database> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder, { shared: true });
  try {
    if (await Deno.stat(join(folder, DATABASE_FILE)).then(() => true, () => false)) {
      throw refused(
        `DATA_DIR '${folder}' has a database of its own, and DATABASE_URL names another: choose one of them`,
      );
    }
    const database = await openAt(address, logger, patience_ms);
    try {
      await bind(database, folder);
    } catch (error) {
      await database.close();
      throw error;
    }
    const close = database.close.bind(database);
    database.close = async () => {
      await close();
      lock.close();
    };
    return database;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** The same without its files: for short reads and writes of another program. @throws UserError */
export async function openAt(
  address: ServerAddress,
  logger: Logger = createLogger("silent"),
  patience_ms = START_PATIENCE_MS,
): Promise<Database> {
  const { url } = address;
  const server = await LibsqlServer.at(address);
  const database = new ServerDatabase(server, logger);
  try {
    await reach(server, url, patience_ms);
    await checkOrigin(database.read, url, MIGRATIONS_FOLDER, "Set another DATABASE_URL");
    await database.write(
      (tx) => migrateDatabase(tx, url, (thrown) => isDamage(thrown) || isAway(thrown)),
      { patience_ms: MIGRATION_MS, marked: false, foreign_keys: false },
    );
    await checkTables(database.read, url);
    await idsAfterAll(database.read);
    const old = sql`${commits.at} < ${clock} - ${MARK_MS}`;
    await database.write((tx) => tx.delete(commits).where(old), { patience_ms: MIGRATION_MS });
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function refused(detail: string, cause?: unknown): UserError {
  return new UserError("invalid_request", detail, [], { cause });
}

async function reach(server: LibsqlServer, url: string, patience_ms: number): Promise<void> {
  const waiting = patience({ patience_ms });
  const unreachable = (thrown: unknown) =>
    refused(
      `Cannot reach DATABASE_URL '${url}' (${sentence(thrown)}): start that server, or correct the URL`,
      thrown,
    );
  const isStarting = (thrown: unknown) => isAway(thrown) && !(thrown instanceof ServerDenies);
  try {
    await retried(() => server.stream().only("select 1", [], "all"), waiting.signal, isStarting, unreachable);
  } catch (error) {
    if (!(error instanceof ServerDenies)) throw error;
    throw refused(
      `The server at DATABASE_URL '${url}' does not take DATABASE_AUTH_TOKEN: set the right one`,
      error,
    );
  } finally {
    waiting.end();
  }
}

/** Holds the database and the folder of its files together: what is in one of them is named in the other. */
async function bind(database: Database, folder: string): Promise<void> {
  const id = await idOf(database);
  const path = join(folder, SERVER_FILE);
  const text = await markOf(path);
  if (text !== null) {
    if (idIn(text) === id) return;
    throw refused(
      `DATA_DIR '${folder}' holds the files of another database than DATABASE_URL's: choose another folder, or its URL`,
    );
  }
  const fault = await unfit(database.read, folder);
  if (fault === null) {
    await writeFileAtomic(path, [new TextEncoder().encode(JSON.stringify({ id }) + "\n")]);
  } else if (idIn(await markOf(path) ?? "") !== id) {
    // No server that was started at the same time has said meanwhile that they belong together.
    throw refused(fault);
  }
}

/** What the data folder says of its database; null where it says nothing. */
async function markOf(path: string): Promise<string | null> {
  return await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
}

/** Why a folder that says nothing cannot be the database's; null: it can. */
async function unfit(read: Reader, folder: string): Promise<string | null> {
  if (await isUsed(read)) {
    return `DATA_DIR '${folder}' is not the one that holds the files of DATABASE_URL's database: mount or choose that folder`;
  }
  for (const name of FOLDERS) {
    if (await isFilled(join(folder, name))) {
      return `DATA_DIR '${folder}' has files of another database in '${name}': choose an empty folder`;
    }
  }
  return null;
}

function idIn(text: string): unknown {
  try {
    return JSON.parse(text)?.id;
  } catch {
    return null;
  }
}

/** The database's id, given to it by whoever asks first. */
async function idOf(database: Database): Promise<string> {
  return await database.write(async (tx) => {
    const [known] = await tx.select().from(databases).limit(1);
    const [row] = known
      ? [known]
      : await tx.insert(databases).values({ id: crypto.randomUUID() }).returning();
    return row!.id;
  }, { patience_ms: MIGRATION_MS });
}

/** Whether there are rows that name files. */
async function isUsed(read: Reader): Promise<boolean> {
  for (const table of [jobs, datasets, files]) {
    const rows = await read.select({ one: sql<number>`1` }).from(table as typeof jobs).limit(1);
    if (rows.length > 0) return true;
  }
  return false;
}
