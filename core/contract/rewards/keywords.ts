/** A reward for texts that a completion contains. */
import { z } from "zod";
import { bounded } from "./bounded.ts";
import { rewardKind } from "./reward_kind.ts";

export const keywords = rewardKind({
  schema: z.strictObject({
    type: z.literal("keywords").describe("Which reward it is."),
    keywords: z.array(z.string().min(1).max(200)).min(1).max(1000).describe(
      "Texts to look for anywhere in the completion, inside words too (for whole words use a regex with \\b).",
    ),
    bonus: bounded.default(1).describe(
      "Score for each keyword present, however often; negative to discourage. Default 1.",
    ),
    case_sensitive: z.boolean().default(false).describe("Whether A and a differ. Default false."),
  }).describe("bonus times the number of keywords that occur"),
});
