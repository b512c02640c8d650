/**
 * A job's place in Slurm, which outlives the `srun` that asked for it: one that is killed while a host does not answer, or
 * while it waits, leaves its allocation or its place in the queue. So both are cancelled by name.
 */
import type { Logger } from "../log.ts";
import type { Placing } from "./placing.ts";

/** How long `scancel` may take to reach the controller. */
const TIMEOUT_MS = 30_000;

/** What Slurm knows a training job as; its attempts come one after another. */
export function slurmName(jobId: string): string {
  return `proximal-${jobId}`;
}

/** Takes what is left of a training job out of Slurm. Never throws. */
export async function cancelSlurmJob(jobId: string, logger: Logger): Promise<void> {
  try {
    const { success, stderr } = await new Deno.Command("scancel", {
      args: ["--quiet", `--name=${slurmName(jobId)}`],
      ...{ stdin: "null", stdout: "null", stderr: "piped" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
  } catch (error) {
    logger.warn("Cannot cancel what is left of a job in Slurm", { job_id: jobId, error: String(error) });
  }
}

/** What is done when an attempt's `srun` has ended: nothing where it did so by itself. */
export function slurmJob(jobId: string, logger: Logger): Placing {
  return {
    line: () => false,
    ended: ({ code }) => code === 0 ? Promise.resolve() : cancelSlurmJob(jobId, logger),
  };
}
