/**
 * The database's files before SQLite opens them: made where there are none, and looked at where there are, so that what
 * SQLite would overlook (an empty file, a log that was cut) or tell of late is told of at the start.
 */
import { join } from "node:path";
import { UserError } from "../errors.ts";

/** The database's name below DATA_DIR. */
export const DATABASE_FILE = "proximal.db";

/** There where the database is on a server (`open_server_database.ts`); says which it is. */
export const SERVER_FILE = "database.json";

const MAGIC = new TextEncoder().encode("SQLite format 3\0");

/** Refuses a file in one sentence that names it and says what to do. */
export function unusable(path: string, why: string, remedy: string): UserError {
  return new UserError("damaged_data", `Cannot use the database ${path}: ${why}. ${remedy}`);
}

export const RESTORE =
  "Restore it from a backup, or move it and the folder 'jobs' beside it away to begin anew";

/** Whether there is anything in a folder. */
export async function isFilled(folder: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(folder)) return true;
  } catch {
    // There is no such folder.
  }
  return false;
}

/**
 * Whether the database is there. One that is not there but has left something is lost.
 *
 * @throws UserError that names the file, or what the system says of it.
 */
export async function checkFiles(folder: string, path: string): Promise<boolean> {
  const info = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw unusable(path, String(error.message), "Make it readable");
  });
  if (await Deno.stat(join(folder, SERVER_FILE)).then(() => true, () => false)) {
    throw unusable(
      path,
      "the folder's database is on a server",
      "Set DATABASE_URL, or choose another DATA_DIR",
    );
  }
  const hasJobs = await isFilled(join(folder, "jobs"));
  if (info === null) {
    const hasLog = await Deno.stat(`${path}-wal`).then(({ size }) => size > 0, () => false);
    if (hasJobs || hasLog) {
      throw unusable(path, `there is none, and ${hasJobs ? "checkpoints" : "a log"} of one`, RESTORE);
    }
    return false;
  }
  if (info.isDirectory) throw unusable(path, "it is a folder", "Move it away");
  if (info.size === 0) throw unusable(path, "it is empty", RESTORE);
  await checkHeader(path);
  const log = `${path}-wal`;
  const { size } = await Deno.stat(log).catch(() => ({ size: 0 }));
  if (size <= MAX_LOG_BYTES) checkLog(log, size > 0 ? await Deno.readFile(log) : new Uint8Array());
  return true;
}

async function checkHeader(path: string): Promise<void> {
  const header = new Uint8Array(MAGIC.length);
  try {
    using file = await Deno.open(path, { read: true, write: true });
    await file.read(header);
  } catch (error) {
    throw unusable(path, String((error as Error).message), "Make it readable and writable");
  }
  if (MAGIC.some((byte, at) => byte !== header[at])) {
    throw unusable(path, "it is no SQLite database", RESTORE);
  }
}

/** SQLite empties its log at some 4 MB, unless somebody reads for long. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
/** The first four bytes of a log; the last bit says how its sums are made. */
const LOG_MAGIC = 0x377f0682;

/**
 * SQLite takes a log up to its first frame that is not as its sum says, and forgets what follows: right for a write that
 * was cut off at the end, and the silent loss of what was written where damage is before that.
 *
 * @throws UserError when transactions that were written cannot be read.
 */
export function checkLog(path: string, log: Uint8Array): void {
  const lost = (why: string) =>
    unusable(path, why, "Restore it from a backup, or move it away to go on without what was written last");
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  // A log that was cut off while its first transaction was written holds none.
  if (log.length < LOG_HEADER + FRAME_HEADER) return;
  const magic = view.getUint32(0);
  if ((magic & ~1) >>> 0 !== LOG_MAGIC) throw lost("it is no log of SQLite's");
  const isLittle = (magic & 1) === 0;
  let [a, b] = sum(view, 0, LOG_HEADER - 8, isLittle, [0, 0]);
  if (a !== view.getUint32(24) || b !== view.getUint32(28)) throw lost("its header is damaged");
  const pageBytes = view.getUint32(8);
  const salts = [view.getUint32(16), view.getUint32(20)];
  let damaged = false;
  for (let at = LOG_HEADER; at + FRAME_HEADER + pageBytes <= log.length; at += FRAME_HEADER + pageBytes) {
    // Not so in frames of an earlier round, which this one has not written over yet.
    const isOfThisRound = view.getUint32(at + 8) === salts[0] && view.getUint32(at + 12) === salts[1];
    const header = sum(view, at, 8, isLittle, [a, b]);
    const sums = sum(view, at + FRAME_HEADER, pageBytes, isLittle, header);
    const written: [number, number] = [view.getUint32(at + 16), view.getUint32(at + 20)];
    const isRight = isOfThisRound && sums[0] === written[0] && sums[1] === written[1];
    if (damaged && isRight && view.getUint32(at + 4) > 0) throw lost("it is damaged");
    if (!isRight) damaged = true;
    // The next frame's sum goes on from the one that was written here.
    [a, b] = written;
  }
}

/** SQLite's sum of eight bytes at a time, going on from `before`. */
function sum(
  view: DataView,
  from: number,
  bytes: number,
  isLittle: boolean,
  before: readonly [number, number],
): [number, number] {
  let [a, b] = before;
  for (let at = from; at < from + bytes; at += 8) {
    a = (a + view.getUint32(at, isLittle) + b) >>> 0;
    b = (b + view.getUint32(at + 4, isLittle) + a) >>> 0;
  }
  return [a, b];
}

/** Makes the file, readable by its owner alone: webhook secrets are in it, and SQLite's other files take over its mode. */
export async function createFile(path: string, initialize: (path: string) => Promise<void>): Promise<void> {
  // Under another name until it is a database, so that an empty file is never one that was being made.
  const unfinished = `${path}.new`;
  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(unfinished + suffix).catch(() => {});
  await Deno.open(unfinished, { createNew: true, write: true, mode: 0o600 }).then((file) => file.close());
  await initialize(unfinished);
  await Deno.rename(unfinished, path);
}
