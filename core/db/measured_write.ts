/** How long transactions take, whichever database they are written to. */
import { MEASURES } from "../metrics/measures.ts";

/** Runs a whole `write`, and measures it with its outcome. */
export async function measuredWrite<T>(write: () => Promise<T>): Promise<T> {
  const start = performance.now();
  let outcome = "failed";
  try {
    const result = await write();
    outcome = "written";
    return result;
  } finally {
    MEASURES.database_write_seconds.observe((performance.now() - start) / 1000, [outcome]);
  }
}
