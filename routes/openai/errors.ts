/** Errors on the paths that OpenAI's clients use: in the shape and with the statuses those expect. */
import type { MiddlewareHandler } from "hono";
import { z } from "@hono/zod-openapi";
import { component } from "../../core/contract/component.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Env } from "../context.ts";
import { type Problem, PROBLEMS } from "../problem.ts";
import { errorMember, errorOf } from "./error_shape.ts";

export const openaiErrorSchema = z.object({ error: errorMember }).meta(component("OpenAIError"));

/** Statuses for what a problem has another for. */
export type Statuses = Partial<Record<ErrorCode, number>>;

/** Scripts catch a BadRequestError; and a 409 is asked for again twice, in vain. */
const INSTEAD: Record<number, number> = { 409: 400, 422: 400 };

/** What is said of a model that is asked for a text. */
export const MODEL_STATUSES: Statuses = { unknown_model: 404, unknown_checkpoint: 404 };

function statusOf(problem: { code: ErrorCode; status: number }, statuses: Statuses): number {
  return statuses[problem.code] ?? INSTEAD[problem.status] ?? problem.status;
}

/** A problem as OpenAI's error, with its status. */
export function openaiError(
  problem: Problem,
  statuses: Statuses = {},
): { status: number; body: z.output<typeof openaiErrorSchema> } {
  const status = statusOf(problem, statuses);
  const param = problem.errors?.[0]?.path ?? null;
  return { status, body: { error: errorOf({ ...problem, status, param }) } };
}

/**
 * The OpenAPI entry for errors of a route.
 *
 * @param options `statuses` as its paths have them in `mod.ts`
 */
export function openaiErrorResponses<S extends number>(
  expected: readonly S[],
  options: { statuses?: Statuses } = {},
) {
  const content = { "application/json": { schema: openaiErrorSchema } };
  const problems = Object.entries(PROBLEMS).map(([code, { status, title }]) => ({
    title,
    status: statusOf({ code: code as ErrorCode, status }, options.statuses ?? {}),
  }));
  const entries = expected.map((status) => {
    const titles = problems.filter((problem) => problem.status === status).map(({ title }) => title);
    return [status, { description: titles.join(", "), content }];
  });
  return Object.fromEntries(entries) as { [K in S]: { description: string; content: typeof content } };
}

/** Middleware that rewrites problems; it must be outside of all that makes them. */
export function openaiErrors(statuses: Statuses = {}): MiddlewareHandler<Env> {
  return async function openaiErrors(c, next) {
    await next();
    if (c.res.headers.get("content-type") !== "application/problem+json") return;
    const { status, body } = openaiError(await c.res.json(), statuses);
    c.res = Response.json(body, { status });
  };
}
