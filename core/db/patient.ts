/** A database whose writes wait for other programs' locks for as long as it takes. */
import type { Database } from "./open_database.ts";

/**
 * For writes that nobody waits for and that must not be lost: what a running job has done.
 *
 * @param signal Ends the waiting; what was not written by then is refused with `database_busy`.
 */
export function patient(database: Database, signal: AbortSignal): Database {
  return {
    get read() {
      return database.read;
    },
    get version() {
      return database.version;
    },
    write: (work) => database.write(work, { patience_ms: Infinity, signal }),
    damaged: (record, error) => database.damaged(record, error),
    close: () => database.close(),
  };
}
