/** What rewards have in common that somebody else works out: how long it may take, and what becomes of a row that fails. */
import { z } from "zod";
import { bounded } from "./bounded.ts";

/** The rows of a batch that were given no score. */
export const onError = z.union([z.literal("fail"), bounded], {
  error: (issue) =>
    issue.code === "invalid_union" ? "Expected fail, or a number for the rows that failed" : undefined,
}).default("fail").describe(
  "What becomes of a row that has no score: fail ends the job (code reward_failed) and names the row; a number is its score. Default fail.",
);
