/** A reward for the right answer and nothing else. */
import { z } from "zod";
import { rewardKind } from "./reward_kind.ts";

export const exactMatch = rewardKind({
  schema: z.strictObject({
    type: z.literal("exact_match").describe("Which reward it is."),
    answer: z.string().min(1).max(100_000).optional().describe(
      "The right completion for every prompt. Without it each prompt must have its own answer.",
    ),
    case_sensitive: z.boolean().default(true).describe("Whether A and a differ. Default true."),
  }).describe("1 if the completion is the answer, else 0; surrounding white space does not count"),
  needsAnswers: ({ answer }) => answer === undefined,
});
