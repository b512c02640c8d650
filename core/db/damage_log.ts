/** Says in the log, once for each record, that it is damaged. */
import type { Logger } from "../log.ts";
import { DamagedData } from "./damaged_data.ts";

/** Damaged records that are named in the log. */
const MAX_DAMAGED = 1000;

export class DamageLog {
  readonly #logger: Logger;
  readonly #named = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param record Names it to whoever asked for it. @returns What to throw. */
  add(record: string, error: unknown): DamagedData {
    if (!this.#named.has(record) && this.#named.size < MAX_DAMAGED) {
      this.#named.add(record);
      this.#logger.error("Damaged data", {
        record,
        error: String(error),
        cause: String((error as Error)?.cause),
      });
    }
    return new DamagedData(record, { cause: error });
  }
}
