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
