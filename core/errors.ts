/**
 * The one error class that callers catch by code. Everything a user can repair (a bad field, a damaged
 * model folder, a job in the wrong state) is a `UserError`; anything else that is thrown is a bug.
 */
import { z } from "zod";
import { wholeText } from "./cut_text.ts";
import "./field_messages.ts";
import { withoutPaths } from "./without_paths.ts";

/** Where in the request the fault is, as a dotted path (`prompts.3.text`), and what would be right. */
const fieldErrorSchema = z.object({ path: z.string(), message: z.string() });

export type FieldError = z.output<typeof fieldErrorSchema>;

/** Stable codes; `routes/problem.ts` maps each to its HTTP status. */
export const ERROR_CODES = [
  "invalid_request",
  "invalid_json",
  "malformed_request",
  "request_timeout",
  "head_too_large",
  "forbidden",
  "unsupported_media_type",
  "body_too_large",
  "precondition_failed",
  "range_not_satisfiable",
  "unauthorized",
  "not_found",
  "method_not_allowed",
  "too_many_requests",
  "wrong_state",
  "idempotency_conflict",
  "unsupported_method",
  "unknown_model",
  "unknown_checkpoint",
  "unknown_dataset",
  "hub_unreachable",
  "unsupported_model",
  "damaged_model",
  "damaged_checkpoint",
  "prompt_too_long",
  "invalid_token_id",
  "job_too_large",
  "reward_failed",
  "rollouts_failed",
  "rollouts_unreachable",
  "device_unavailable",
  "runtime_unavailable",
  "out_of_memory",
  "disk_full",
  "damaged_data",
  "database_busy",
  "engine_crashed",
  "replicas_diverged",
  "replicas_differ",
  "engine_busy",
  "deadline_exceeded",
  "cancelled",
  "internal",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A failure with a stable code and a sentence for the user. */
export class UserError extends Error {
  override name = "UserError";
  readonly code: ErrorCode;
  readonly errors: FieldError[];

  constructor(code: ErrorCode, detail: string, errors: FieldError[] = [], options?: ErrorOptions) {
    super(wholeText(detail), options);
    this.code = code;
    this.errors = errors.map(({ path, message }) => ({ path: wholeText(path), message: wholeText(message) }));
  }
}

/** A `UserError` for one field of the request. */
export function invalid(path: string, message: string, code: ErrorCode = "invalid_request"): UserError {
  return new UserError(code, path === "" ? message : `${path}: ${message}`, [{ path, message }]);
}

/** A `UserError` for several fields; its detail is the first one's fault. */
export function invalidFields(errors: readonly FieldError[]): UserError {
  return new UserError("invalid_request", firstOf(errors), [...errors]);
}

/** The first of some faults, and how many there are besides. */
export function firstOf(errors: readonly FieldError[]): string {
  const [first] = errors;
  if (!first) return "The request is invalid";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return (first.path ? `${first.path}: ` : "") + first.message + more;
}

/** Faults that a field of the request can be at. The others, such as a full disk or a cancel, are no field's. */
const OF_FIELDS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...["invalid_request", "unknown_model", "unknown_checkpoint", "unknown_dataset"] as const,
  ...["unsupported_model", "damaged_model", "damaged_checkpoint"] as const,
]);

/** What was thrown, as a fault of the field `path` where it is one of a field and names none yet. */
export function attributed(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof UserError) || !OF_FIELDS.has(thrown.code) || thrown.errors.length > 0) {
    return thrown;
  }
  const { code, message } = thrown;
  return new UserError(code, `${path}: ${message}`, [{ path, message }], { cause: thrown });
}

/** What `work` gives; what it throws is attributed to the field `path`. */
export async function attributeTo<T>(path: string, work: Promise<T> | (() => T | Promise<T>)): Promise<T> {
  try {
    return await (typeof work === "function" ? work() : work);
  } catch (thrown) {
    throw attributed(path, thrown);
  }
}

/** What was thrown of a part of the request, as a fault of the whole: `path` is where the part is in it. */
export function within(path: string, thrown: unknown): unknown {
  return attributed(path, withFields(thrown, (inner) => `${path}.${inner}`));
}

/** What was thrown, its fields called as `rename` says. */
export function withFields(thrown: unknown, rename: (path: string) => string): unknown {
  const first = thrown instanceof UserError ? thrown.errors[0] : undefined;
  if (!(thrown instanceof UserError) || !first) return thrown;
  const { code, message: detail } = thrown;
  const start = `${first.path}: `;
  const renamed = detail.startsWith(start) ? `${rename(first.path)}: ${detail.slice(start.length)}` : detail;
  const errors = thrown.errors.map(({ path, message }) => ({ path: rename(path), message }));
  return new UserError(code, renamed, errors, { cause: thrown });
}

/** What the system and SQLite say when there is no room left to write. */
const DISK_FULL: readonly unknown[] = ["ENOSPC", "EDQUOT", "EFBIG", "SQLITE_FULL"];
/** The same where Deno gives no code. */
const DISK_FULL_WORDS = /^(Disk quota exceeded|File too large) \(os error \d+\)/;

/**
 * What was thrown as a `UserError`, where it is one, was caused by one, or was thrown because a disk is full; all else
 * as it is.
 */
export function knownFault(thrown: unknown): unknown {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof UserError) return error;
    const isFull = DISK_FULL.includes((error as { code?: unknown }).code) ||
      DISK_FULL_WORDS.test(error.message);
    if (!isFull) continue;
    const detail =
      "Cannot write as the server's disk is full or takes no more: what was written before is kept; free some space";
    return new UserError("disk_full", detail, [], { cause: thrown });
  }
  return thrown;
}

/** How many a record holds; whoever repairs them asks again. */
const MAX_FIELD_ERRORS = 100;

/** What travels between processes and into a job row in place of an exception. */
export const errorRecordSchema = z.object({
  code: z.enum(ERROR_CODES),
  detail: z.string(),
  errors: z.array(fieldErrorSchema).optional(),
});

export type ErrorRecord = z.output<typeof errorRecordSchema>;

/**
 * The record of anything thrown: a `UserError`, a full disk, anything else as `internal`. It goes outside, so it names no
 * place of the machine; whoever makes it logs what was thrown where that says more (`saysMore`).
 */
export function errorRecord(thrown: unknown): ErrorRecord {
  thrown = knownFault(thrown);
  if (thrown instanceof UserError) {
    const errors = thrown.errors.slice(0, MAX_FIELD_ERRORS).map(({ path, message }) => ({
      path,
      message: withoutPaths(message),
    }));
    return {
      code: thrown.code,
      detail: withoutPaths(thrown.message),
      ...(errors.length && { errors }),
    };
  }
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "internal", detail: withoutPaths(detail) };
}

/** Whether what was thrown says what its record does not. */
export function saysMore(thrown: unknown, { code, detail }: ErrorRecord): boolean {
  return code === "internal" || (thrown instanceof Error && thrown.message !== detail);
}
