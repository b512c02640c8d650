/** A reward for a match of a regular expression. */
import { z } from "zod";
import { compilePattern } from "../../regex_pattern.ts";
import { refusing } from "../refuse.ts";
import { rewardKind } from "./reward_kind.ts";

export const regex = rewardKind({
  schema: z.strictObject({
    type: z.literal("regex").describe("Which reward it is."),
    pattern: z.string().min(1).max(1000).describe(
      "Regular expression in RE2 syntax (no backreferences, no lookahead), searched anywhere in the completion. It cannot run away.",
    ),
    flags: z.string().regex(/^[ims]*$/, "Expected flags among i, m and s").max(3).default("").describe(
      "i: ignore case; m: ^ and $ match at lines; s: the dot matches line breaks. Default none.",
    ),
  }).superRefine((reward, context) => {
    try {
      compilePattern(reward.pattern, reward.flags);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refusing(context)(["pattern"], error.message);
    }
  }).describe("1 if the pattern is found, else 0"),
});
