/**
 * Copies of a data folder: made beside a running server, and put back where none runs. A copy holds the database as it was
 * at one moment and every checkpoint that its rows name, each file as its manifest says. Models from a hub are not in it:
 * they can be had again.
 */
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { CONTENT_FILE, FILES_FOLDER } from "../contract/file.ts";
import { knownFault, UserError } from "../errors.ts";
import { syncFolder, TEMPORARY_PREFIX, temporaryPath } from "../formats/atomic_file.ts";
import { readCheckpoint } from "../formats/checkpoint_folder.ts";
import { VERSION } from "../version.ts";
import { DATASETS_FOLDER, RowReader } from "../formats/row_store.ts";
import { DATABASE_FILE } from "./database_file.ts";
import { lockFolder } from "./lock_folder.ts";
import { openDatabase } from "./open_database.ts";
import { jobs } from "./schema.ts";

/** Says that a folder is a whole copy, and what wrote it. */
const NOTE_FILE = "backup.json";
/** Folders of a data folder that rows name folders in; an empty one is made again. */
const FOLDERS = ["jobs", DATASETS_FOLDER, FILES_FOLDER];
/** All pages at once: a copy in parts begins anew whenever the server writes. */
const ALL_PAGES = 2 ** 31 - 1;
/** How often the database is copied because the server has removed checkpoints that the copy before names. */
const MAX_TRIES = 10;
const BUSY_MS = 10_000;

export interface BackupReport {
  /** Of the copy. */
  bytes: number;
  checkpoints: number;
  datasets: number;
  files: number;
  /** Checkpoints, datasets and files that are not what they were written as, or not there: the server has them no better. */
  damaged: string[];
}

/** What a row names that is a folder: a checkpoint, or a dataset. */
interface Place {
  id: string;
  /** Below the data folder. */
  folder: string;
}

function fault(detail: string, cause?: unknown): UserError {
  return new UserError("invalid_request", detail, [], { cause });
}

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);

/** Refuses a place where something is. */
async function requireEmpty(folder: string, what: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name !== "lock") throw fault(`Cannot ${what} '${folder}': there is something in it, '${name}'`);
  }
}

/**
 * Copies `dataDir` as the new folder `out`, while a server uses it or not.
 *
 * @throws UserError when `out` is there and not empty, when `dataDir` holds no database, or one that is damaged
 */
export async function backUp(dataDir: string, out: string): Promise<BackupReport> {
  const source = join(dataDir, DATABASE_FILE);
  if (!await exists(source)) throw fault(`Cannot back up DATA_DIR '${dataDir}': it has no ${DATABASE_FILE}`);
  if (await exists(out)) await requireEmpty(out, "write a backup into");
  // Under another name until it is whole, so that a backup that was cut off is never taken for one.
  const unfinished = temporaryPath(out);
  await Deno.mkdir(unfinished, { recursive: true, mode: 0o700 });
  try {
    const report = await copyAll(dataDir, source, unfinished);
    const { checkpoints, datasets, files, bytes } = report;
    const note = {
      version: VERSION,
      created_at: new Date().toISOString(),
      checkpoints,
      datasets,
      files,
      bytes,
    };
    await Deno.writeTextFile(join(unfinished, NOTE_FILE), JSON.stringify(note, null, 2) + "\n");
    await syncFolder(unfinished);
    await Deno.remove(out).catch(() => {});
    await Deno.rename(unfinished, out);
    await syncFolder(dirname(out));
    return report;
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true }).catch(() => {});
    throw knownFault(error);
  }
}

async function copyAll(dataDir: string, source: string, out: string): Promise<BackupReport> {
  const copy = join(out, DATABASE_FILE);
  const copied = new Set<string>();
  for (let tries = 1;; tries++) {
    await Deno.remove(copy).catch(() => {});
    const places = await copyDatabase(source, copy);
    const missing: Place[] = [];
    for (const place of places) {
      if (copied.has(place.folder)) continue;
      if (await copyFolder(join(dataDir, place.folder), join(out, place.folder))) copied.add(place.folder);
      else missing.push(place);
    }
    // Rows come first and folders after, so what was removed in between is known by a newer copy of the rows.
    const removed = tries < MAX_TRIES && missing.length > 0 &&
      missing.some(({ id }) => !idsIn(source).has(id));
    if (removed) continue;
    const named = new Set(places.map(({ folder }) => folder));
    for (const folder of copied) {
      if (!named.has(folder)) await Deno.remove(join(out, folder), { recursive: true });
    }
    const damaged = missing.map(({ id }) => `${id}: its folder is not there`);
    for (const { id, folder } of places) {
      if (!copied.has(folder)) continue;
      await look(id, join(out, folder)).catch((error) => {
        if (!(error instanceof UserError)) throw error;
        damaged.push(`${id}: ${error.message}`);
      });
    }
    return { bytes: await sizeOf(out), ...counted(places), damaged };
  }
}

/** Copies the database as it is now and looks through the copy. @returns the folders that its rows name */
async function copyDatabase(source: string, copy: string): Promise<Place[]> {
  await Deno.open(copy, { createNew: true, write: true, mode: 0o600 }).then((file) => file.close());
  const database = new DatabaseSync(source, { readOnly: true, timeout: BUSY_MS });
  try {
    await backup(database, copy, { rate: ALL_PAGES });
  } finally {
    database.close();
  }
  const copied = new DatabaseSync(copy, { timeout: BUSY_MS });
  try {
    const [fault] = copied.prepare("pragma integrity_check(1)").all();
    if (fault?.integrity_check !== "ok") {
      throw new UserError("damaged_data", `The database ${source} is damaged: ${fault?.integrity_check}`);
    }
    // One file without a log beside it.
    copied.exec("pragma journal_mode = delete");
    return placesIn(copied);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = (error as Error).message;
    throw new UserError("damaged_data", `Cannot back up the database ${source}: ${why}`, [], {
      cause: error,
    });
  } finally {
    copied.close();
  }
}

/** Tables of which each row has a folder of its id below one of its own. A database of an earlier version may lack them. */
const WITH_FOLDERS = { datasets: DATASETS_FOLDER, files: FILES_FOLDER };

/** Every folder that a row names. */
function placesIn(database: DatabaseSync): Place[] {
  const there = database.prepare("select name from sqlite_schema").all().map(({ name }) => name);
  const selects = Object.entries(WITH_FOLDERS).filter(([table]) => there.includes(table))
    .map(([table, root]) => `union all select id, '${root}/' || id from ${table}`);
  return database.prepare(["select id, folder from checkpoints", ...selects].join(" "))
    .all() as unknown as Place[];
}

const isDataset = (id: string) => id.startsWith("ds_");
const isFile = (id: string) => id.startsWith("file_");

function counted(places: readonly Place[]): Pick<BackupReport, "checkpoints" | "datasets" | "files"> {
  const datasets = places.filter(({ id }) => isDataset(id)).length;
  const files = places.filter(({ id }) => isFile(id)).length;
  return { checkpoints: places.length - datasets - files, datasets, files };
}

/** @throws UserError when a folder is not what it was written as */
async function look(id: string, folder: string): Promise<void> {
  if (isDataset(id)) new RowReader(folder);
  else if (isFile(id)) await requireContent(folder);
  else await readCheckpoint(folder);
}

async function requireContent(folder: string): Promise<void> {
  if (await exists(join(folder, CONTENT_FILE))) return;
  throw new UserError("damaged_data", "its bytes are not there");
}

function idsIn(source: string): Set<string> {
  const database = new DatabaseSync(source, { readOnly: true, timeout: BUSY_MS });
  try {
    return new Set(placesIn(database).map(({ id }) => id));
  } finally {
    database.close();
  }
}

/** How often a folder is copied in which files were removed meanwhile, as training state is once it is not needed. */
const MAX_COPIES = 5;

/** @returns whether there is such a folder */
async function copyFolder(from: string, to: string): Promise<boolean> {
  for (let tries = 1;; tries++) {
    try {
      await copyEntries(from, to);
      return true;
    } catch (error) {
      await Deno.remove(to, { recursive: true }).catch(() => {});
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      if (!await exists(from)) return false;
      if (tries === MAX_COPIES) throw error;
    }
  }
}

async function copyEntries(from: string, to: string): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(from));
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  for (const { name, isFile, isDirectory } of entries) {
    if (name.startsWith(TEMPORARY_PREFIX)) continue;
    if (isDirectory) await copyEntries(join(from, name), join(to, name));
    else if (isFile) {
      await Deno.copyFile(join(from, name), join(to, name));
      using file = await Deno.open(join(to, name));
      await file.sync();
    }
  }
  await syncFolder(to);
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    bytes += isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return bytes;
}

/**
 * Puts a copy back as the data folder `dataDir`, in which no database and no job may be. The next start goes on from it:
 * jobs that ran when it was made go back to the queue, and webhooks that were not sent by then are sent.
 *
 * @throws UserError when `from` is no whole copy, or `dataDir` is in use or holds data
 */
export async function restore(from: string, dataDir: string): Promise<BackupReport> {
  if (!await exists(join(from, NOTE_FILE)) || !await exists(join(from, DATABASE_FILE))) {
    throw fault(
      `Cannot restore from '${from}': it is no whole backup, as it has no ${NOTE_FILE} or no ${DATABASE_FILE}`,
    );
  }
  await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(dataDir);
  try {
    for (const name of [DATABASE_FILE, `${DATABASE_FILE}-wal`, ...FOLDERS]) {
      if (!await exists(join(dataDir, name))) continue;
      throw fault(`Cannot restore into DATA_DIR '${dataDir}': it has '${name}', move that away first`);
    }
    const copy = temporaryPath(join(dataDir, "restored"));
    try {
      await copyEntries(from, copy);
      for (const name of FOLDERS) {
        if (await exists(join(copy, name))) await Deno.rename(join(copy, name), join(dataDir, name));
      }
      // Last: a folder with jobs and no database is refused by name, so one that was cut off is not taken for whole.
      await Deno.chmod(join(copy, DATABASE_FILE), 0o600);
      await Deno.rename(join(copy, DATABASE_FILE), join(dataDir, DATABASE_FILE));
      await syncFolder(dataDir);
    } finally {
      await Deno.remove(copy, { recursive: true }).catch(() => {});
    }
  } catch (error) {
    throw knownFault(error);
  } finally {
    lock.close();
  }
  // Checked, and brought up to this version, as at any start.
  const database = await openDatabase(dataDir);
  // An engine process that still runs is another server's, if the copied one goes on elsewhere on this machine.
  await database.write((tx) => tx.update(jobs).set({ engine: null })).finally(() => database.close());
  return await checked(dataDir);
}

/** What a data folder's rows name, each looked at. */
async function checked(dataDir: string): Promise<BackupReport> {
  // One that only reads would leave an empty log behind.
  const database = new DatabaseSync(join(dataDir, DATABASE_FILE));
  const damaged: string[] = [];
  let places: Place[] = [];
  try {
    places = placesIn(database);
    for (const { id, folder } of places) {
      await look(id, join(dataDir, folder)).catch((error) => {
        damaged.push(`${id}: ${error instanceof UserError ? error.message : "its folder is not there"}`);
      });
    }
  } finally {
    database.close();
  }
  return { bytes: await sizeOf(dataDir), ...counted(places), damaged };
}
