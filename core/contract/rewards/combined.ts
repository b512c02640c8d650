/** Rewards made of rewards. Each is given the schema of what may be inside: all kinds, these too. */
import { z } from "zod";
import { refusing } from "../refuse.ts";
import { bounded } from "./bounded.ts";
import { rewardKind } from "./reward_kind.ts";
import { termName } from "./term_name.ts";

export const sum = <Reward extends z.ZodType>(reward: Reward) =>
  rewardKind({
    schema: z.strictObject({
      type: z.literal("sum").describe("Which reward it is."),
      terms: z.array(z.strictObject({
        name: termName.optional().describe(
          "What the term is called in metrics, reward/<name>/mean. Default: its type, numbered from the second on.",
        ),
        weight: bounded.default(1).describe("What its score is multiplied by. Default 1."),
        reward,
      })).min(1).max(32).describe("The rewards that are added."),
    }).superRefine(({ terms }, context) => {
      const names = terms.map(({ name }) => name);
      for (const [at, name] of names.entries()) {
        if (name === undefined || names.indexOf(name) === at) continue;
        refusing(context)(
          ["terms", at, "name"],
          `Expected a name that no other term has, got '${name}' twice`,
        );
      }
    }).describe("Weighted sum of rewards"),
    inner: ["terms", "reward"],
  });

export const clip = <Reward extends z.ZodType>(reward: Reward) =>
  rewardKind({
    schema: z.strictObject({
      type: z.literal("clip").describe("Which reward it is."),
      reward,
      min: bounded.describe("The lowest score."),
      max: bounded.describe("The highest score."),
    })
      .superRefine(({ min, max }, context) => {
        if (min >= max) refusing(context)(["min"], `Expected less than max, which is ${max}, got ${min}`);
      })
      .describe("A reward kept within [min, max]"),
    inner: ["reward"],
  });

export const normalize = <Reward extends z.ZodType>(reward: Reward) =>
  rewardKind({
    schema: z.strictObject({
      type: z.literal("normalize").describe("Which reward it is."),
      reward,
      clip: z.number().gt(0).max(1e6).nullable().default(null).describe(
        "What is further from 0 is this far, in deviations. Default null: nothing is.",
      ),
    }).describe(
      "A reward less the mean of all that the job has had of it, over their standard deviation; in /v1/scores and evaluations, as it is",
    ),
    inner: ["reward"],
  });

export const scale = <Reward extends z.ZodType>(reward: Reward) =>
  rewardKind({
    schema: z.strictObject({
      type: z.literal("scale").describe("Which reward it is."),
      reward,
      factor: bounded.default(1).describe("What the score is multiplied by. Default 1."),
      offset: bounded.default(0).describe("What is added then. Default 0."),
    }).describe("factor times a reward, plus offset"),
    inner: ["reward"],
  });
