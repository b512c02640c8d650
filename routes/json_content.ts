/** How the document describes JSON: what an answer is, and what a request takes, with examples that work as they are. */
import type { z } from "@hono/zod-openapi";

/** An example as the document has it, by a name of its own. */
export interface NamedExample {
  summary: string;
  value: unknown;
}

/** JSON of an answer. */
export function jsonContent<T extends z.ZodType>(schema: T) {
  return { "application/json": { schema } };
}

/**
 * The JSON body of a request.
 *
 * @param examples by name, each accepted by a fresh server as it is (a test posts them); pages show the first
 */
export function jsonRequest<T extends z.ZodType>(
  schema: T,
  examples: Record<string, NamedExample>,
  { required = true } = {},
) {
  return { required, content: { "application/json": { schema, examples } } };
}
