/** Parameters by which lists are narrowed, the same for all that have them. */
import { z } from "@hono/zod-openapi";

/** A moment in a query, as a Date. */
function momentParam(description: string) {
  return z.iso.datetime({
    offset: true,
    error: "Expected a time such as 2026-01-31T12:00:00Z",
  }).transform((text) => new Date(text)).optional()
    .openapi({ type: "string", format: "date-time", description, example: "2026-01-31T12:00:00Z" });
}

/** When what a list has was made: from one moment on, up to and without another. */
export const timeFilters = {
  created_after: momentParam("Only what was created at this time or later."),
  created_before: momentParam("Only what was created before this time."),
};

const MAX_PAIRS = 16;

/** `key=value`, any number of times; as pairs. */
export const metadataFilter = z.preprocess(
  (given) => typeof given === "string" ? [given] : given,
  z.array(z.string().regex(/^[^=]{1,64}=[^]{0,512}$/, "Expected key=value")).max(MAX_PAIRS),
).transform((texts) =>
  texts.map((text) => [text.split("=", 1)[0]!, text.slice(text.indexOf("=") + 1)] as const)
)
  .optional().openapi({
    type: "array",
    items: { type: "string", pattern: "^[^=]{1,64}=[\\s\\S]{0,512}$" },
    maxItems: MAX_PAIRS,
    description: "Only jobs whose metadata has this key and this text, as key=value. Several: all of them.",
    example: ["experiment=short"],
  });
