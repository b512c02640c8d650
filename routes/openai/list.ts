/** Lists as OpenAI's clients page through them: by the last item's id, until `has_more` is false. */
import { z } from "@hono/zod-openapi";
import type { Page } from "../../core/db/page.ts";
import { limitParam } from "../paging.ts";
import { openaiId, type OpenAIKind, ownId } from "./ids.ts";

/** What follows the prefix of an id. */
const REST = "[0-9a-hjkmnp-tv-z]{26}";

/** The query of a list: `after` comes out as an id of ours, of an item that may be gone. */
export function listQuery(kind: OpenAIKind, { max, fallback }: { max: number; fallback: number }) {
  const own = ownId(kind, openaiId(kind, ""));
  const id = new RegExp(`^(${own}|${openaiId(kind, "")})${REST}$`);
  return {
    limit: limitParam(max, fallback),
    after: z.string().regex(id, "Expected the last id of the page before").transform((id) => ownId(kind, id))
      .optional()
      .openapi({ type: "string", description: "The last id of the page before." }),
  };
}

/** The schema of a list of `item`, which has an `id`. */
export function listSchema<T extends z.ZodType>(item: T) {
  return z.object({
    object: z.literal("list").describe("What this is."),
    data: z.array(item).describe("The items."),
    has_more: z.boolean().describe("Whether another page follows."),
    first_id: z.string().nullable().describe("Id of the first item; null where there is none."),
    last_id: z.string().nullable().describe("Id of the last item, for after; null where there is none."),
  });
}

/** A page of rows as its body. */
export function listBody<R, V extends { id: string }>({ rows, has_more }: Page<R>, view: (row: R) => V) {
  const data = rows.map(view);
  return {
    object: "list" as const,
    data,
    has_more,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
