/** A database whose writes wait for other programs' locks, and for a server that is away, for as long as it takes. */
import type { Database } from "./open_database.ts";

/**
 * For writes that nobody waits for and that must not be lost: what a running job has done.
 *
 * @param signal Ends the waiting; what was not written by then is refused with `database_busy`.
 */
export function patient(database: Database, signal: AbortSignal): Database {
  const options = { patience_ms: Infinity, signal };
  return {
    owner: database.owner,
    isShared: database.isShared,
    read: database.reading(options),
    reading: () => database.reading(options),
    get version() {
      return database.version;
    },
    write: (work) => database.write(work, options),
    look: () => database.look(),
    damaged: (record, error) => database.damaged(record, error),
    close: () => database.close(),
  };
}
