/** The story's texts: posts to be summed up, and a judge of summaries whose taste the reward model has to learn from pairs. */
import { heldOut, posts } from "../tiny/posts.ts";

/** What the base model is taught by, apart for each seed. */
export function examples(seed: number, count: number): { prompt: string; completion: string }[] {
  return posts(1000 + seed, count);
}

/** Prompts that nothing was taught by: first those to compare answers to, then PPO's, then the evaluation's. */
export function prompts(
  counts: { pairs: number; ppo: number; evaluation: number },
): Record<keyof typeof counts, string[]> {
  const all = heldOut(7, counts.pairs + counts.ppo + counts.evaluation).map(({ prompt }) => prompt);
  return {
    ppo: all.slice(0, counts.ppo),
    evaluation: all.slice(counts.ppo, counts.ppo + counts.evaluation),
    pairs: all.slice(counts.ppo + counts.evaluation),
  };
}

/** The judge's mark: a summary that asks a question, and one of 6 to 14 words. Nobody but the judge knows it. */
export function mark(summary: string): number {
  const words = summary.trim().split(/\s+/).filter(Boolean).length;
  const beside = words < 6 ? 6 - words : Math.max(0, words - 14);
  return (/\?\s*$/.test(summary) ? 1 : 0) + Math.max(0, 1 - beside / 6);
}
