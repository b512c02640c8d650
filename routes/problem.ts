/**
 * Errors as RFC 9457 problems: the one place where a code becomes a status. What a bug says stays in the log.
 */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "@hono/zod-openapi";
import { component } from "../core/contract/component.ts";
import {
  type ErrorCode,
  errorRecord,
  type FieldError,
  firstOf,
  knownFault,
  saysMore,
  UserError,
} from "../core/errors.ts";
import { fieldErrors } from "../core/field_errors.ts";
import type { Env } from "./context.ts";
import { errorMember, errorOf } from "./openai/error_shape.ts";

type Status =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 412
  | 413
  | 415
  | 416
  | 422
  | 429
  | 431
  | 499
  | 500
  | 503;

/**
 * Status and title of each code; `retry_after_s` where trying again later can help, and `in_vain` where a client that
 * goes by the status alone would try again for nothing.
 */
export const PROBLEMS: Record<
  ErrorCode,
  { status: Status; title: string; retry_after_s?: number; in_vain?: true }
> = {
  invalid_request: { status: 422, title: "Invalid request" },
  invalid_json: { status: 400, title: "Body is not JSON" },
  malformed_request: { status: 400, title: "Malformed request" },
  request_timeout: { status: 408, title: "Request timeout" },
  head_too_large: { status: 431, title: "Request head too large" },
  forbidden: { status: 403, title: "Forbidden" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  body_too_large: { status: 413, title: "Body too large" },
  precondition_failed: { status: 412, title: "Precondition failed" },
  range_not_satisfiable: { status: 416, title: "Range not satisfiable" },
  unauthorized: { status: 401, title: "Unauthorized" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  too_many_requests: { status: 429, title: "Too many requests", retry_after_s: 5 },
  wrong_state: { status: 409, title: "Wrong state", in_vain: true },
  idempotency_conflict: { status: 409, title: "Idempotency key already used", in_vain: true },
  unsupported_method: { status: 422, title: "Unsupported method" },
  unknown_model: { status: 422, title: "Unknown model" },
  unknown_dataset: { status: 422, title: "Unknown dataset" },
  unknown_checkpoint: { status: 422, title: "Unknown checkpoint" },
  hub_unreachable: { status: 503, title: "Model hub unreachable", retry_after_s: 60 },
  unsupported_model: { status: 422, title: "Unsupported model" },
  damaged_model: { status: 422, title: "Damaged model" },
  damaged_checkpoint: { status: 422, title: "Damaged checkpoint" },
  prompt_too_long: { status: 422, title: "Prompt too long" },
  invalid_token_id: { status: 422, title: "Invalid token id" },
  job_too_large: { status: 422, title: "Job too large" },
  reward_failed: { status: 422, title: "Reward failed" },
  rollouts_failed: { status: 422, title: "Rollouts failed" },
  rollouts_unreachable: { status: 503, title: "Rollout server unreachable", retry_after_s: 60 },
  device_unavailable: { status: 422, title: "Device unavailable" },
  runtime_unavailable: { status: 503, title: "Service unavailable", retry_after_s: 10 },
  out_of_memory: { status: 503, title: "Out of memory", retry_after_s: 30 },
  disk_full: { status: 503, title: "Disk full", retry_after_s: 60 },
  damaged_data: { status: 500, title: "Damaged data", in_vain: true },
  database_busy: { status: 503, title: "Database busy", retry_after_s: 5 },
  replicas_differ: { status: 500, title: "Replicas differ" },
  replicas_diverged: { status: 500, title: "Replicas diverged" },
  engine_crashed: { status: 503, title: "Engine crashed", retry_after_s: 5 },
  engine_busy: { status: 503, title: "Engine busy", retry_after_s: 5 },
  deadline_exceeded: { status: 503, title: "Deadline exceeded", retry_after_s: 60 },
  cancelled: { status: 499, title: "Request cancelled" },
  internal: { status: 500, title: "Internal error" },
};

const MAX_ERRORS = 100;

/** The body of every answer from 400 on. */
export const problemSchema = z.object({
  type: z.string().describe("urn:proximal:problem: and the code."),
  title: z.string().describe("What kind of problem it is, for people."),
  status: z.int().describe("The HTTP status."),
  detail: z.string().describe("What is wrong, and what would be right."),
  code: z.enum(Object.keys(PROBLEMS) as [ErrorCode, ...ErrorCode[]]).describe(
    "For programs; docs/api.md lists them.",
  ),
  errors: z.array(z.object({
    path: z.string().describe("The field, such as ppo.batch_size."),
    message: z.string().describe("What is wrong with it."),
  })).optional().describe("Each field that is at fault, 100 at most."),
  error: errorMember,
}).meta(component("Problem"));

export type Problem = z.output<typeof problemSchema>;

/** The OpenAPI entry for problems of a route. */
export function problemResponses<S extends Status>(...statuses: S[]) {
  const content = { "application/problem+json": { schema: problemSchema } };
  const entries = statuses.map((status) => {
    const titles = Object.values(PROBLEMS).filter((problem) => problem.status === status).map(({ title }) =>
      title
    );
    return [status, { description: titles.join(", "), content }];
  });
  return Object.fromEntries(entries) as { [K in S]: { description: string; content: typeof content } };
}

/** A problem as an answer. */
export function problem(
  code: ErrorCode,
  detail: string,
  errors: FieldError[] = [],
  headers: Record<string, string> = {},
): Response {
  const { status, title, retry_after_s, in_vain } = PROBLEMS[code];
  const body = {
    ...{ type: `urn:proximal:problem:${code}`, title, status, detail, code },
    ...(errors.length > 0 && { errors: errors.slice(0, MAX_ERRORS) }),
    error: errorOf({ code, detail, status, param: errors[0]?.path }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(retry_after_s !== undefined && { "retry-after": String(retry_after_s) }),
      ...(in_vain && { "x-should-retry": "false" }),
      ...headers,
    },
  });
}

/** Statuses that hono's own middleware throws, by code. */
const HTTP_EXCEPTIONS: Partial<Record<number, ErrorCode>> = {
  400: "invalid_json",
  413: "body_too_large",
  415: "unsupported_media_type",
};

/** What an answer with a code says beside it. */
const HEADERS: Partial<Record<ErrorCode, Record<string, string>>> = {
  // RFC 9110, 15.5.16: which codings would do.
  unsupported_media_type: { "accept-encoding": "gzip, deflate" },
  // The rest of the body would be taken for the next request.
  request_timeout: { connection: "close" },
};

/** Answers what was thrown; the app's `onError`. */
export function problemOf(thrown: unknown, c: Context<Env>): Response {
  const fault = knownFault(thrown);
  if (fault instanceof UserError && fault.code !== "internal") {
    const record = errorRecord(fault);
    if (saysMore(fault, record)) c.get("logger").warn("Request refused", { error: fault.message });
    return problem(record.code, record.detail, record.errors, HEADERS[record.code]);
  }
  if (thrown instanceof z.ZodError) return invalidProblem(thrown);
  // Nobody reads this; it keeps a client that went away from looking like a bug in the log.
  if (c.req.raw.signal.aborted) return problem("cancelled", "The client closed the request");
  const code = thrown instanceof HTTPException ? HTTP_EXCEPTIONS[thrown.status] : undefined;
  if (code) return problem(code, (thrown as HTTPException).message);
  c.get("logger").error("Request failed", {
    error: String(thrown),
    stack: thrown instanceof Error ? thrown.stack : undefined,
  });
  return problem("internal", "The server failed to answer; its log says more under this request's id");
}

/** A 422 with a message per field. */
export function invalidProblem(error: z.ZodError): Response {
  const errors = fieldErrors(error);
  return problem("invalid_request", firstOf(errors), errors);
}
