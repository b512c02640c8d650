/** How much of a job's rows is kept for measuring, as a request says it; `core/train/held_out.ts` chooses the rows. */
import { z } from "zod";

export const heldOutSchema = z.number().min(0).max(10_000_000)
  .refine(
    (size) => size < 1 || Number.isInteger(size),
    "Expected a share below 1, or a whole number of rows",
  )
  .describe(
    "How many rows are measured and never trained on: a share below 1, or a number of rows. The seed chooses them; at least one row is left on either side.",
  );

/** Which rows those are; left out: at random. Not filled in, so that jobs from before it was there are what they were. */
export const heldOutRowsSchema = z.enum(["random", "last"]).optional().describe(
  "Which rows held_out keeps: random, as the seed chooses them, or last, those at the end, for data that was split before. Default random.",
);

export type HeldOutRows = z.output<typeof heldOutRowsSchema>;
