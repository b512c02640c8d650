/** A learned reward. */
import { z } from "zod";
import { rewardKind } from "./reward_kind.ts";

export const model = rewardKind({
  schema: z.strictObject({
    type: z.literal("model").describe("Which reward it is."),
    model: z.string().min(1).max(200).describe(
      "A sequence classifier with one score, by name, or the id of a reward model's checkpoint; any tokenizer.",
    ),
  }).describe("The score of a reward model"),
  models: ({ model }) => [model],
});
