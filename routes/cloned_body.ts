/** Lets the body of a request for a job name another job that it is like: `{ "from": "job_…", …what differs }`. */
import type { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { invalid } from "../core/errors.ts";
import { clonedRequest } from "../core/jobs/cloned_request.ts";
import type { AppContext, Env } from "./context.ts";
import { requireListItems } from "./list_items.ts";

/** What the document says of it: a schema of every request with any field left out would be none. */
export const CLONING =
  'Instead of a whole request the body may be `{ "from": "job_…" }` with the fields that are to differ from that job\'s, merged in as a JSON merge patch.';

/**
 * Middleware behind `jsonBody`, for routes whose body is a job of `schema`.
 *
 * @param kind of the jobs that may be cloned; null: of any
 */
export function clonedBody(
  { db }: Pick<AppContext, "db">,
  schema: z.ZodType,
  kind: string | null = null,
): MiddlewareHandler<Env> {
  return async function clonedBody(c, next) {
    const body: unknown = await c.req.json();
    const isClone = typeof body === "object" && body !== null && !Array.isArray(body) &&
      Object.hasOwn(body, "from");
    if (isClone) {
      const { from, ...overrides } = body as Record<string, unknown>;
      const request = await clonedRequest(db, from, overrides);
      if (kind !== null && request.kind !== kind) {
        throw invalid("from", `Expected a job of kind ${kind}, got one of kind ${request.kind}`);
      }
      await requireListItems(schema, request);
      c.req.json = <T>() => Promise.resolve(request as T);
    }
    await next();
  };
}
