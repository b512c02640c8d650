/** Parts of a reward in a job that several processes train: each row is scored once, and all know all scores. */
import { ALONE, type Replicas, shareOf } from "../replicas/replicas.ts";
import { byFirst, together } from "../replicas/together.ts";
import type { Scorer } from "./reward_source.ts";
import type { RewardPart } from "./reward_part.ts";

/** Each process scores its share. */
export function sharedScorer(scorer: Scorer, replicas: Replicas = ALONE): Scorer {
  if (replicas.size === 1) return scorer;
  return {
    async score(samples, signal) {
      const { mine } = shareOf(samples, replicas);
      const shares = await together(
        replicas,
        () => mine.length === 0 ? Promise.resolve(new Float32Array(0)) : scorer.score(mine, signal),
      );
      return Float32Array.from(shares.flatMap((scores) => [...scores]));
    },
  };
}

/** What only rank 0 can do, as it alone can ask the API process. */
export function firstsPart(part: RewardPart, replicas: Replicas = ALONE): RewardPart {
  if (replicas.size === 1) return part;
  return { score: (samples, signal, stats) => byFirst(replicas, () => part.score(samples, signal, stats)) };
}
