/**
 * From a step's rewards to its advantages, before whitening: a row a method. What each takes for granted (a value network,
 * groups, defaults) is in `core/contract/advantage_methods.ts`.
 */
import type { AdvantageName } from "../../contract/advantage_methods.ts";
import { gae, rewardToGo } from "./advantages.ts";
import { drGrpo, groupsOf, grpo, rloo } from "./group_advantages.ts";

/** A step's responses, a row each. */
export interface AdvantageBatch {
  /** (n) a row. */
  rewards: readonly Float32Array[];
  /** Of each row, as it entered its rewards. */
  scores: ArrayLike<number>;
  /** Which prompt of the step each row answers. */
  groups: readonly number[];
  /** (n) a row; null without a value network. */
  values: readonly Float32Array[] | null;
  /** Of the state after each row's last action. */
  bootstrapValues: readonly number[];
}

export interface Estimates {
  /** (n) a row. */
  advantages: Float32Array[];
  /** (n) a row: what a value network regresses to; null without one. */
  returns: Float32Array[] | null;
}

type Estimate = (batch: AdvantageBatch, config: { gamma: number; lam: number }) => Estimates;

/** One advantage for all tokens of a response, from the sums of the rewards of its group. */
function ofGroups(estimate: (returns: readonly number[]) => number[]): Estimate {
  return ({ rewards, groups }) => {
    const advantages: Float32Array[] = [];
    for (const rows of groupsOf(groups)) {
      const sums = rows.map((row) => rewards[row]!.reduce((sum, reward) => sum + reward, 0));
      estimate(sums).forEach((advantage, at) => {
        const row = rows[at]!;
        advantages[row] = new Float32Array(rewards[row]!.length).fill(advantage);
      });
    }
    return { advantages, returns: null };
  };
}

export const ADVANTAGES: Readonly<Record<AdvantageName, Estimate>> = {
  gae: ({ rewards, values, bootstrapValues }, { gamma, lam }) => {
    if (!values) throw new TypeError("Cannot estimate GAE without values");
    const rows = rewards.map((row, at) =>
      gae(row, values[at]!, { gamma, lam, bootstrapValue: bootstrapValues[at]! })
    );
    return { advantages: rows.map((row) => row.advantages), returns: rows.map((row) => row.returns) };
  },
  grpo: ofGroups(grpo),
  dr_grpo: ofGroups(drGrpo),
  rloo: ofGroups(rloo),
  "reinforce++": ({ rewards }, { gamma }) => ({
    advantages: rewards.map((row) => rewardToGo(row, gamma)),
    returns: null,
  }),
  // The group's mean is of the scores: what a token's KL costs is told by the rewards from there on.
  "reinforce++_baseline": ({ rewards, scores, groups }) => {
    const advantages: Float32Array[] = [];
    for (const rows of groupsOf(groups)) {
      const centered = drGrpo(rows.map((row) => scores[row]!));
      rows.forEach((row, at) => {
        const score = Math.fround(scores[row]!); // as the rewards have it
        advantages[row] = rewardToGo(rewards[row]!, 1).map((toGo) => toGo - score + centered[at]!);
      });
    }
    return { advantages, returns: null };
  },
};
