/** Takes from a checkpoint what only resuming needs: optimizer moments, counters, the job that it is of. */
import { join } from "node:path";

/** The part of a checkpoint that holds it. */
export const STATE_FOLDER = "training_state";

/** Leaves of a checkpoint what is for anybody; a job cannot resume from it any more. */
export async function removeTrainingState(folder: string): Promise<void> {
  await Deno.remove(join(folder, STATE_FOLDER), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
