/** A job that was asked for by files, until it is a training job. */

/** Where it is then. */
export const FINE_TUNE_STATUSES = [
  /** Its files are being looked at, or wait for that. */
  "validating",
  /** Somebody paused it while it was; `resume` validates anew. */
  "paused",
  /** Its files or what it asks for will not do. Final. */
  "failed",
  /** Somebody cancelled it before there was a training job. Final. */
  "cancelled",
  /** There is a training job, which says all else. */
  "created",
] as const;

export type FineTuneStatus = (typeof FINE_TUNE_STATUSES)[number];

/** Something that was said of it before there was a training job. */
export interface Note {
  id: string;
  /** ms. */
  at: number;
  level: "info" | "warn" | "error";
  message: string;
  data?: Record<string, unknown>;
}

/** Why it failed. */
export interface FineTuneError {
  code: string;
  message: string;
  /** The key of the request that is at fault. */
  param: string | null;
}
