/** A reward for being as long as wanted. */
import { z } from "zod";
import { refusing } from "../refuse.ts";
import { rewardKind } from "./reward_kind.ts";

const count = z.int().min(0).max(1_000_000);

export const length = rewardKind({
  schema: z.strictObject({
    type: z.literal("length").describe("Which reward it is."),
    unit: z.enum(["tokens", "words", "characters"]).default("tokens").describe(
      "What is counted. tokens: the response's tokens without its stop token; words: runs of non-space; characters: code points.",
    ),
    target: count.min(1).optional().describe("Best length. Give either this, or min, max or both."),
    min: count.optional().describe("Shortest length that loses nothing."),
    max: count.min(1).optional().describe("Longest length that loses nothing."),
    penalty: z.number().min(0).max(1000).default(1).describe(
      "Score lost when the length is off by 100 % of the target (of the nearer bound of a range). Default 1: 1 at the target, 0 at twice the target or at nothing; not clipped below.",
    ),
  }).superRefine((reward, context) => {
    const fail = (field: string, message: string) => refusing(context)([field], message);
    const range = reward.min !== undefined || reward.max !== undefined;
    if (reward.target === undefined && !range) {
      fail("target", "Expected a target, or min, max or both, got none");
    }
    if (reward.target !== undefined && range) {
      fail("target", "Expected either target, or min and max, got both");
    }
    if (reward.min !== undefined && reward.max !== undefined && reward.min > reward.max) {
      fail("min", `Expected at most max, which is ${reward.max}, got ${reward.min}`);
    }
  }).describe("1 at the wanted length, less the farther away"),
});
