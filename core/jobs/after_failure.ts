/** What becomes of a job when an attempt of it ends with an error: one table, by the error's code. */
import type { ErrorCode } from "../errors.ts";

/**
 * `retry`: tried again, as often as the job's `max_attempts` allow. `retry_smaller`: the same, with half the memory for
 * micro-batches. `pause`: it waits until somebody resumes it. `fail`: trying again would end the same way.
 */
export type AfterFailure = "retry" | "retry_smaller" | "pause" | "fail";

/** Codes that are not here are faults of what was asked for, and fail the job. */
const AFTER: Partial<Record<ErrorCode, AfterFailure>> = {
  engine_crashed: "retry",
  internal: "retry",
  runtime_unavailable: "retry",
  database_busy: "retry",
  deadline_exceeded: "retry",
  rollouts_unreachable: "retry",
  out_of_memory: "retry_smaller",
  disk_full: "pause",
};

/** What becomes of a job after an error with this code. */
export function afterFailure(code: ErrorCode): AfterFailure {
  return AFTER[code] ?? "fail";
}
