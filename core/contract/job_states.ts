/**
 * The states of a training job and what may follow what. `docs/jobs.md` tells the same with who sets each.
 * Nothing here reads or writes rows: `core/jobs/` refuses every step that this table does not allow.
 */

/** Every state, in the order of a job's life. */
export const JOB_STATUSES = [
  /** Waits for a free place, or for its next attempt. Set when the job is created, resumed, or tried again. */
  "queued",
  /** An engine process trains it. Set by the claim alone. */
  "running",
  /** A pause was asked for; the engine finishes its step and writes a checkpoint. */
  "pausing",
  /** Stopped at a checkpoint, holds no place; leaves only when somebody asks. */
  "paused",
  /** A cancel was asked for; the engine still runs. */
  "cancelling",
  /** All steps done. Final. */
  "succeeded",
  /** Stopped by an error that the row names. Final. */
  "failed",
  /** Stopped because somebody asked. Final. */
  "cancelled",
] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/** What may follow each state; the final ones have nothing. */
export const TRANSITIONS: Record<JobStatus, readonly JobStatus[]> = {
  queued: ["running", "paused", "cancelled"],
  running: ["succeeded", "failed", "cancelling", "pausing", "paused", "queued"],
  pausing: ["paused", "succeeded", "failed", "cancelling"],
  paused: ["queued", "cancelled"],
  cancelling: ["cancelled"],
  succeeded: [],
  failed: [],
  cancelled: [],
};

/** Whether nothing follows `status`. */
export function isFinal(status: JobStatus): boolean {
  return TRANSITIONS[status].length === 0;
}

/** Whether an engine process belongs to a job in `status`. */
export function hasEngine(status: JobStatus): boolean {
  return status === "running" || status === "pausing" || status === "cancelling";
}

/** The states from which `to` may be entered. */
export function statesBefore(to: JobStatus): JobStatus[] {
  return JOB_STATUSES.filter((from) => TRANSITIONS[from].includes(to));
}
