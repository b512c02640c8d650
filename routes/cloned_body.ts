/** Lets the body of a request for a job name another job that it is like: `{ "from": "job_…", …what differs }`. */
import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { component } from "../core/contract/component.ts";
import { invalid } from "../core/errors.ts";
import { clonedRequest } from "../core/jobs/cloned_request.ts";
import type { AppContext, Env } from "./context.ts";
import { requireListItems } from "./list_items.ts";

/** What the document says of it. */
export const CLONING =
  'Instead of a whole request the body may be `{ "from": "job_…" }` with the fields that are to differ from that job\'s, merged in as a JSON merge patch.';

/** Such a body. What may be beside `from` depends on the job that it names. */
export const cloneSchema = z.looseObject({
  from: z.string().describe("Id of the training job that this one is like."),
}).meta({
  ...component("TrainingJobClone"),
  description:
    "A job like another, with the fields that are to differ from it, merged in as a JSON merge patch: null takes a field's value away.",
});

/** How a route says that its body may be such a one: `clonedDocument` reads it. */
export const CLONES = { "x-clones": true } as const;

interface Operation {
  "x-clones"?: boolean;
  requestBody?: { content?: Record<string, { schema?: { $ref?: string } }> };
}

interface Document {
  paths?: Record<string, object>;
  components?: { schemas?: Record<string, unknown> };
}

/**
 * Adds clones to the bodies of the routes that take them. Requests are checked without: by then a clone is a whole
 * request, and its faults have the fields' names. Takes the app's document, and changes it.
 */
export function clonedDocument<D extends Document>(document: D): D {
  const schemas = document.components!.schemas!;
  for (const item of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(item) as Operation[]) {
      if (!operation["x-clones"]) continue;
      delete operation["x-clones"];
      const content = operation.requestBody!.content!["application/json"]!;
      const whole = content.schema!;
      const name = whole.$ref!.split("/").at(-1)!.replace(/Request$/, "Body");
      const anyOf = [whole, { $ref: "#/components/schemas/TrainingJobClone" }];
      schemas[name] = { anyOf, description: "A whole request, or another job's with changes" };
      content.schema = { $ref: `#/components/schemas/${name}` };
    }
  }
  return document;
}

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
