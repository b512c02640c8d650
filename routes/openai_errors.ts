/** Errors on the paths that OpenAI's clients use, in the shape those read; statuses and codes are the problems'. */
import type { MiddlewareHandler } from "hono";
import { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../core/errors.ts";
import type { Env } from "./context.ts";
import { type Problem, PROBLEMS } from "./problem.ts";

const openaiErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable().describe("The key of the request that is at fault."),
    code: z.string(),
  }),
}).openapi("OpenAIError");

/** Where OpenAI's clients expect a status or code of its own. */
const OVERRIDES: Partial<Record<ErrorCode, { status?: number; code: string }>> = {
  unauthorized: { code: "invalid_api_key" },
  unknown_model: { status: 404, code: "model_not_found" },
  unknown_checkpoint: { status: 404, code: "model_not_found" },
};

function typeOf(status: number): string {
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** A problem as OpenAI's error, with its status. */
export function openaiError(problem: Problem): { status: number; body: z.output<typeof openaiErrorSchema> } {
  const { status = problem.status, code = problem.code } = OVERRIDES[problem.code] ?? {};
  const param = problem.errors?.[0]?.path ?? null;
  return { status, body: { error: { message: problem.detail, type: typeOf(status), param, code } } };
}

/** The OpenAPI entry for errors of a route. */
export function openaiErrorResponses<S extends number>(...statuses: S[]) {
  const content = { "application/json": { schema: openaiErrorSchema } };
  const entries = statuses.map((status) => {
    const problems = Object.entries(PROBLEMS).filter(([code, problem]) =>
      (OVERRIDES[code as ErrorCode]?.status ?? problem.status) === status
    );
    return [status, { description: problems.map(([, { title }]) => title).join(", "), content }];
  });
  return Object.fromEntries(entries) as { [K in S]: { description: string; content: typeof content } };
}

/** Middleware that rewrites problems; it must be outside of all that makes them. */
export const openaiErrors: MiddlewareHandler<Env> = async function openaiErrors(c, next) {
  await next();
  if (c.res.headers.get("content-type") !== "application/problem+json") return;
  const { status, body } = openaiError(await c.res.json());
  c.res = Response.json(body, { status });
};
