/**
 * Looks at the long lists of a body item by item before its schema looks at the whole. The schema would tell of every
 * item that is wrong, which takes seconds for a list of a hundred thousand; this stops at the first, and lets other
 * requests in between.
 */
import { z } from "@hono/zod-openapi";

/** Lists up to here are left to the schema. */
const SHORT = 16;
/** How long others wait at most. */
const TURN_MS = 10;

/** @throws z.ZodError with the faults of the first item that is wrong */
export async function requireListItems(schema: z.ZodType, body: unknown): Promise<void> {
  if (typeof body !== "object" || body === null) return;
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    const meant = (option: unknown) =>
      option instanceof z.ZodObject &&
      option.shape[discriminator].safeParse((body as Record<string, unknown>)[discriminator]).success;
    const option = schema.options.find(meant);
    if (option) await requireListItems(option as z.ZodType, body);
  }
  if (!(schema instanceof z.ZodObject)) return;
  for (const [key, field] of Object.entries(schema.shape)) {
    const list = field instanceof z.ZodDefault ? field.def.innerType : field;
    const value = Object.hasOwn(body, key) ? (body as Record<string, unknown>)[key] : null;
    if (!(list instanceof z.ZodArray) || !Array.isArray(value) || value.length <= SHORT) continue;
    // A list of the wrong length is told of as that alone.
    const ofAnything = new z.ZodArray({ ...list.def, element: z.unknown() });
    if (ofAnything.safeParse(value).success) await requireItems(list.element as z.ZodType, key, value);
  }
}

async function requireItems(item: z.ZodType, key: string, list: readonly unknown[]): Promise<void> {
  let turn = performance.now();
  for (const [index, value] of list.entries()) {
    const { error } = item.safeParse(value);
    if (error) {
      throw new z.ZodRealError(
        error.issues.map((issue) => ({ ...issue, path: [key, index, ...issue.path] })),
      );
    }
    if (performance.now() - turn < TURN_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    turn = performance.now();
  }
}
