/** Where a checkpoint folder holds what only resuming needs: optimizer moments, counters, random state. */
import { join } from "node:path";

/** Below a checkpoint; none of its files are listed as the checkpoint's. */
export const STATE_FOLDER = "training_state";

/** Leaves of a checkpoint what is for anybody; a job cannot resume from it any more. */
export async function removeTrainingState(folder: string): Promise<void> {
  await Deno.remove(join(folder, STATE_FOLDER), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
