/** What the database holds and cannot have been written by this program: a bad disk, or somebody's hand. */
import { UserError } from "../errors.ts";
import type { Database } from "./open_database.ts";
import { isCorrupt } from "./sqlite_error.ts";

/** A value, a row or a page that cannot be read; everything else still can. */
export class DamagedData extends UserError {
  override name = "DamagedData";

  /** @param what Names it, without what it holds. */
  constructor(what: string, options?: ErrorOptions) {
    super(
      "damaged_data",
      `${what} in the server's database is damaged: restore the database from a backup to have it back`,
      [],
      options,
    );
  }
}

/** Whether something was thrown because of damaged data. */
export function isDamage(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof DamagedData) return true;
  }
  return isCorrupt(thrown);
}

/** What `read` gives; damage becomes that of the record, which the log then names. */
export async function naming<T>(
  database: Pick<Database, "damaged">,
  record: string,
  read: Promise<T>,
): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw isDamage(error) ? database.damaged(record, error) : error;
  }
}
