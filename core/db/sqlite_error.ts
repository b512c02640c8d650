/** What SQLite said, by the name of its result code; which of them say that somebody else holds a lock. */

/** The result codes that somebody acts on, by their first byte; https://sqlite.org/rescode.html has all. */
const NAMES: Partial<Record<number, string>> = {
  3: "SQLITE_PERM",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  15: "SQLITE_PROTOCOL",
  26: "SQLITE_NOTADB",
};

/**
 * SQLITE_FULL is for a disk without room alone. A quota, or a limit on a file's size, comes as an error of writing
 * (SQLITE_IOERR_WRITE) or of making room for the log's index (SQLITE_IOERR_SHMSIZE), and so does a broken disk.
 */
const FULL: readonly number[] = [778, 4874];

/** A statement that SQLite refused. */
export class SqliteError extends Error {
  override name = "SqliteError";
  /** `SQLITE_BUSY` and so on; null for what no code above names. */
  readonly code: string | null;

  /** @param resultCode SQLite's number, or its name where a server says no number */
  constructor(message: string, resultCode: number | string | null) {
    super(message);
    if (typeof resultCode === "string") {
      this.code = Object.values(NAMES).find((name) =>
        resultCode === name || resultCode.startsWith(`${name}_`)
      ) ??
        null;
    } else if (resultCode === null) this.code = null;
    else if (FULL.includes(resultCode)) this.code = "SQLITE_FULL";
    else this.code = NAMES[resultCode & 0xff] ?? null;
  }
}

/** The first in a chain of causes that has one of these codes. */
function caused(thrown: unknown, codes: readonly string[]): SqliteError | null {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof SqliteError && error.code !== null && codes.includes(error.code)) return error;
  }
  return null;
}

/** Whether another process holds a lock: trying again helps. */
export function isBusy(thrown: unknown): boolean {
  return caused(thrown, ["SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"]) !== null;
}

/** Whether what was read is damaged: trying again does not help. */
export function isCorrupt(thrown: unknown): boolean {
  return caused(thrown, ["SQLITE_CORRUPT", "SQLITE_NOTADB"]) !== null;
}

/** Whether the files cannot be read or written: permissions, a broken disk. */
export function isInaccessible(thrown: unknown): boolean {
  return caused(thrown, ["SQLITE_PERM", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN"]) !== null;
}
