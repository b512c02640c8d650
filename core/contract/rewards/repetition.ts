/** A punishment for going in circles. */
import { z } from "zod";
import { rewardKind } from "./reward_kind.ts";

export const repetition = rewardKind({
  schema: z.strictObject({
    type: z.literal("repetition").describe("Which reward it is."),
    ngram: z.int().min(1).max(32).default(3).describe(
      "Length of the token runs that are compared, in tokens. Default 3.",
    ),
    penalty: z.number().min(0).max(1000).default(1).describe(
      "Score lost when every run repeats an earlier one. Default 1.",
    ),
  }).describe("minus penalty times the share of the response's n-grams that occurred before in it"),
});
