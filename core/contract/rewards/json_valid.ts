/** A reward for a completion that a program can read as JSON. */
import { z } from "zod";
import { rewardKind } from "./reward_kind.ts";

export const jsonValid = rewardKind({
  schema: z.strictObject({
    type: z.literal("json_valid").describe("Which reward it is."),
    keys: z.array(z.string().min(1).max(200)).max(100).default([]).describe(
      "Keys the value must have; any makes an object required. Default none: any JSON value is right.",
    ),
  }).describe("1 if the whole completion is JSON (with the keys), else 0"),
});
