/** Lists in pages: how a page is asked for and how it looks. A cursor is the last item's id or number. */
import { z } from "@hono/zod-openapi";
import type { Page } from "../core/db/page.ts";

/** A `limit` parameter. */
export function limitParam(max: number, fallback: number) {
  return z.string().regex(/^\d{1,6}$/, `Expected an integer from 1 to ${max}`).transform(Number)
    .pipe(z.int().min(1).max(max)).default(fallback)
    .openapi({
      ...{ type: "integer", minimum: 1, maximum: max, default: fallback },
      description: `Items of a page at most. Default ${fallback}.`,
    });
}

/** An `after` parameter that is an id with this prefix. */
export function afterId(prefix: string) {
  return z.string().regex(
    new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`),
    "Expected the next_cursor of an earlier page",
  ).optional().openapi({ description: "next_cursor of the page before." });
}

/** The schema of a page of `item`. */
export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({
    data: z.array(item).describe("The items."),
    has_more: z.boolean().describe("Whether another page follows."),
    next_cursor: z.string().nullable().describe("For after; null on the last page."),
  });
}

/** A page of rows as its body. */
export function pageBody<R, V>({ rows, has_more }: Page<R>, view: (row: R) => V, cursor: (row: R) => string) {
  const last = rows.at(-1);
  return { data: rows.map(view), has_more, next_cursor: has_more && last ? cursor(last) : null };
}
