/**
 * How the document describes a stream of Server-Sent Events. OpenAPI 3.1 has no schema for what is sent piece by piece, so
 * the one that stands there is, as generators of clients take it, of the JSON that each event's `data` holds.
 */
import type { z } from "@hono/zod-openapi";

export function eventStreamContent<T extends z.ZodType>(data: T) {
  return { "text/event-stream": { schema: data } };
}
